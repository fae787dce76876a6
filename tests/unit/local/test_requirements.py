"""Requirements: what `sam build` installs is what uv.lock says, so what is tested is what is deployed."""

import functools
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from local import paths, requirements

ROOT = Path(__file__).parents[3]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
# Lambda's runtime has boto3.
LEFT_OUT = {"boto3"}


def lambda_environment(python: str) -> dict[str, str]:
    """The environment that markers are judged by, on Lambda."""
    return {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": "x86_64",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "extra": "",
    }


def holds(marker: str | Marker | None, python: str) -> bool:
    """Whether a marker holds on Lambda with `python`."""
    return marker is None or Marker(str(marker)).evaluate(lambda_environment(python))


@functools.cache
def locked_packages() -> list[dict[str, Any]]:
    """The packages of uv.lock."""
    found: list[dict[str, Any]] = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    return found


def the_package(packages: list[dict[str, Any]], name: str, version: str | None, python: str) -> dict[str, Any]:
    """The one version of `name` that uv.lock means for `python`."""
    fitting = [
        each
        for each in packages
        if each["name"] == name
        and version in (None, each["version"])
        and ("resolution-markers" not in each or any(holds(marker, python) for marker in each["resolution-markers"]))
    ]
    assert len(fitting) == 1, (name, version, python, [each["version"] for each in fitting])
    return fitting[0]


def wanted(source: Path, python: str) -> dict[str, str]:
    """What a requirements.in needs with `python`, with everything that those need, pinned as in uv.lock."""
    packages = locked_packages()
    lines = [line.partition("#")[0].strip() for line in source.read_text().splitlines()]
    asked = [Requirement(line) for line in lines if line]
    open_ends = [(canonicalize_name(each.name), None, each.extras) for each in asked if holds(each.marker, python)]
    found: dict[str, str] = {}
    while open_ends:
        name, version, extras = open_ends.pop()
        if name in LEFT_OUT:
            continue
        package = the_package(packages, name, version, python)
        needs = list(package.get("dependencies", []))
        for extra in extras:
            needs += package.get("optional-dependencies", {}).get(extra, [])
        if name in found and not extras:
            continue
        found[name] = package["version"]
        open_ends += [
            (need["name"], need.get("version"), set(need.get("extra", [])))
            for need in needs
            if holds(need.get("marker"), python)
        ]
    return found


def written(text: str, python: str) -> dict[str, str]:
    """The pins of a requirements.txt that hold with `python`."""
    lines = [line for line in text.splitlines() if line and not line.startswith(("#", " "))]
    pins = [Requirement(line.partition(" \\")[0]) for line in lines]
    return {canonicalize_name(p.name): str(p.specifier).removeprefix("==") for p in pins if holds(p.marker, python)}


@pytest.mark.parametrize("source", requirements.sources(), ids=lambda path: path.parent.name)
@pytest.mark.parametrize("python", PYTHONS)
def test_what_sam_installs_is_what_uv_lock_says(source: Path, python: str) -> None:
    found, locked = written(source.with_suffix(".txt").read_text(), python), wanted(source, python)
    own = {name: pin for name, pin in written(source.read_text(), python).items() if "==" in source.read_text() and pin}
    if any(locked[name] != pin for name, pin in own.items()):
        # Amazon Linux 2 has no newer wheels: said in requirements.in, for its Python only.
        assert python == "3.11"
        assert own.items() <= found.items()
        assert locked.keys() <= found.keys()
    else:
        assert found == locked


def test_every_requirements_txt_comes_from_a_requirements_in() -> None:
    texts = {*ROOT.glob("functions/*/*/requirements.txt"), *ROOT.glob("layers/*/requirements.txt")}
    filled = {path for path in texts if path.read_text().strip()}
    assert filled == {path.with_suffix(".txt") for path in requirements.sources()}
    assert all(path.read_text().startswith(requirements.HEADER) for path in filled)


def test_what_functions_install_is_what_the_tests_run_with() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    named = [*project["project"]["dependencies"], *groups["functions"], *groups["learning"]]
    known = {canonicalize_name(Requirement(line).name) for line in named}
    for source in requirements.sources():
        lines = [line for line in source.read_text().splitlines() if line and not line.startswith("#")]
        assert {canonicalize_name(Requirement(line).name) for line in lines} <= known, source


@pytest.mark.parametrize("name", ["uv", "sam", "function"])
def test_tools_are_pinned_with_hashes(name: str) -> None:
    asked = (ROOT / f"local/requirements-{name}.in").read_text().splitlines()
    text = (ROOT / f"local/requirements-{name}.txt").read_text()
    pins = written(text, "3.13")
    for line in (line for line in asked if line and not line.startswith("#")):
        requirement = Requirement(line)
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), line
    entries = re.split(r"\n(?=\S)", text.strip())
    assert all("--hash=sha256:" in entry for entry in entries if not entry.startswith("#"))


def test_the_functions_runtime_is_boto3_and_pip() -> None:
    with_their_needs = {"boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3", "pip"}
    assert set(written((ROOT / "local/requirements-function.txt").read_text(), "3.13")) == with_their_needs


@pytest.mark.skipif(not paths.FUNCTION_PYTHON.exists(), reason="make setup has not run here")
def test_the_functions_interpreter_has_nothing_else() -> None:
    code = "import importlib.metadata as m; print(*(f'{d.name}=={d.version}' for d in m.distributions()), sep='\\n')"
    done = subprocess.run([paths.FUNCTION_PYTHON, "-c", code], capture_output=True, text=True, check=True)
    installed = {
        canonicalize_name(name): version for name, _, version in (line.partition("==") for line in done.stdout.split())
    }
    version = subprocess.run(
        [paths.FUNCTION_PYTHON, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert installed == written((ROOT / "local/requirements-function.txt").read_text(), version.stdout.strip())
