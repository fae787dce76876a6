"""Bootstrap: the right wheel for the machine, only the pinned file, with nothing but the standard library."""

import hashlib
import importlib.util
import io
import subprocess
import sys
import urllib.error
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
FILES = "https://files.example/packages/"
NAMES = [
    "uv-1.2.3.tar.gz",
    "uv-1.2.3-py3-none-linux_armv6l.whl",
    "uv-1.2.3-py3-none-macosx_10_12_x86_64.whl",
    "uv-1.2.3-py3-none-macosx_11_0_arm64.whl",
    "uv-1.2.3-py3-none-musllinux_1_1_x86_64.whl",
    "uv-1.2.3-py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64.whl",
    "uv-1.2.3-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    "uv-1.2.3-py3-none-win_amd64.whl",
    "uv-1.2.3-py3-none-manylinux_2_17_armv7l.manylinux2014_armv7l.whl",
    "uv-1.2.31-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    "uv-11.2.3-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
]
PAGE = "<html><body>" + "".join(f'<a href="{FILES}{name}#sha256=00">{name}</a><br/>' for name in NAMES)


@pytest.fixture
def bootstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as `python local/bootstrap.py` runs it, with a target of the test's own."""
    spec = importlib.util.spec_from_file_location("bootstrap_script", ROOT / "local/bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "TARGET", str(tmp_path / "tools"))
    monkeypatch.setattr(module, "PINS", str(tmp_path / "pins.txt"))
    return module


def wheel(content: bytes = b"#!/bin/sh\n") -> bytes:
    """A wheel as uv's is: a zip with the binary under its data folder."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("uv/__init__.py", "")
        archive.writestr("uv-1.2.3.data/scripts/uv", content)
    return held.getvalue()


def pin(tmp_path: Path, content: bytes) -> None:
    """Pin 1.2.3 to `content`, as `make lock` writes it."""
    sums = (hashlib.sha256(b"another file").hexdigest(), hashlib.sha256(content).hexdigest())
    lines = " \\\n".join(f"    --hash=sha256:{each}" for each in sums)
    (tmp_path / "pins.txt").write_text(f"uv==1.2.3 \\\n{lines}\n    # via -r requirements-uv.in\n")


@pytest.mark.parametrize(
    ("family", "machine", "name"),
    [
        ("manylinux", "x86_64", NAMES[6]),
        ("manylinux", "aarch64", NAMES[5]),
        ("macosx", "x86_64", NAMES[2]),
        ("macosx", "arm64", NAMES[3]),
    ],
)
def test_the_wheel_of_the_platform(bootstrap: ModuleType, family: str, machine: str, name: str) -> None:
    assert bootstrap.choose(PAGE, "1.2.3", family, machine) == FILES + name


@pytest.mark.parametrize(("version", "machine"), [("1.2.3", "mips"), ("1.2.3", "arm"), ("1.2", "x86_64")])
def test_no_wheel_is_better_than_a_wrong_one(bootstrap: ModuleType, version: str, machine: str) -> None:
    assert bootstrap.choose(PAGE, version, "manylinux", machine) is None


def test_an_index_may_link_relatively(bootstrap: ModuleType) -> None:
    page = f'<a href="../../packages/{NAMES[6]}">x</a>'
    assert bootstrap.choose(page, "1.2.3", "manylinux", "x86_64") == f"https://pypi.org/packages/{NAMES[6]}"


@pytest.mark.parametrize(
    ("system", "machine", "tag"),
    [
        ("linux", "x86_64", ("manylinux", "x86_64")),
        ("linux", "AMD64", ("manylinux", "x86_64")),
        ("linux", "arm64", ("manylinux", "aarch64")),
        ("darwin", "arm64", ("macosx", "arm64")),
        ("darwin", "x86_64", ("macosx", "x86_64")),
    ],
)
def test_how_platforms_are_named(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, system: str, machine: str, tag: tuple[str, str]
) -> None:
    monkeypatch.setattr(bootstrap.sys, "platform", system)
    monkeypatch.setattr(bootstrap.platform, "machine", lambda: machine)
    assert bootstrap.platform_tag() == tag


def served(content: bytes) -> Any:
    """What urlopen answers: the page, or the file."""
    return lambda url, **_timeout: io.BytesIO(PAGE.encode() if url.endswith("/simple/uv/") else content)


@pytest.fixture
def from_pypi(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script on a Linux machine that has no pip."""
    monkeypatch.setattr(bootstrap, "from_pip", lambda _folder: None)
    monkeypatch.setattr(bootstrap, "platform_tag", lambda: ("manylinux", "x86_64"))
    return bootstrap


def test_the_binary_is_put_in_its_place(from_pypi: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pin(tmp_path, wheel())
    monkeypatch.setattr(from_pypi.urllib.request, "urlopen", served(wheel()))
    from_pypi.main()
    binary = tmp_path / "tools" / "uv"
    assert binary.read_bytes() == b"#!/bin/sh\n"
    assert binary.stat().st_mode & 0o111 == 0o111
    assert [each.name for each in binary.parent.iterdir()] == ["uv"]


def test_another_file_than_the_pinned_one_is_refused(
    from_pypi: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pin(tmp_path, wheel())
    monkeypatch.setattr(from_pypi.urllib.request, "urlopen", served(wheel(b"evil")))
    with pytest.raises(SystemExit, match="is not the file that"):
        from_pypi.main()
    assert not (tmp_path / "tools" / "uv").exists()


def test_a_file_that_pip_fetched_is_checked_too(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pin(tmp_path, wheel())
    fetched = tmp_path / "uv-1.2.3-py3-none-any.whl"
    fetched.write_bytes(wheel(b"evil"))
    monkeypatch.setattr(bootstrap, "from_pip", lambda _folder: str(fetched))
    with pytest.raises(SystemExit, match="is not the file that"):
        bootstrap.main()


@pytest.mark.parametrize("error", [urllib.error.URLError("no route"), TimeoutError("slow")])
def test_no_network_is_one_line(
    from_pypi: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: Any
) -> None:
    pin(tmp_path, wheel())

    def urlopen(_url: str, **_timeout: float) -> Any:
        raise error

    monkeypatch.setattr(from_pypi.urllib.request, "urlopen", urlopen)
    with pytest.raises(SystemExit, match=r"^bootstrap: cannot fetch uv: [^\n]+$"):
        from_pypi.main()


def test_an_old_python_is_told_what_to_do(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 9, 18, "final", 0))
    with pytest.raises(SystemExit, match=r"Python 3.11 to 3.14 is needed .* make run PYTHON="):
        bootstrap.main()


def test_an_interrupted_installation_leaves_no_binary(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "uv.whl").write_bytes(wheel())
    monkeypatch.setattr(bootstrap.os, "chmod", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        bootstrap.install(str(tmp_path / "uv.whl"))
    assert not (tmp_path / "tools" / "uv").exists()


ALONE = """
import importlib.util, io, sys
root, target, pins, page, wheel = sys.argv[1:]
class NoPip:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("pip", "ensurepip"):
            raise ImportError(name)
sys.meta_path.insert(0, NoPip())
spec = importlib.util.spec_from_file_location("bootstrap", root + "/local/bootstrap.py")
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
# An interpreter that has no pip, as a bare Debian's.
module.sys.executable = "/bin/false"
module.TARGET, module.PINS, module.platform_tag = target, pins, lambda: ("manylinux", "x86_64")
module.urllib.request.urlopen = lambda url, timeout: open(page if url == module.INDEX else wheel, "rb")
module.main()
foreign = [name for name, each in sys.modules.items() if "site-packages" in str(getattr(each, "__file__", ""))]
assert not foreign, foreign
"""


def test_it_works_alone_without_pip(tmp_path: Path) -> None:
    pin(tmp_path, wheel())
    (tmp_path / "page.html").write_text(PAGE)
    (tmp_path / "uv.whl").write_bytes(wheel())
    arguments = [ROOT, tmp_path / "tools", tmp_path / "pins.txt", tmp_path / "page.html", tmp_path / "uv.whl"]
    command = [sys.executable, "-I", "-S", "-c", ALONE, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "tools" / "uv").exists()


def test_the_committed_pins_are_read(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "PINS", str(ROOT / "local/requirements-uv.txt"))
    version, sums = bootstrap.pinned()
    wanted = (ROOT / "local/requirements-uv.in").read_text().strip()
    assert f"uv=={version}" == wanted
    assert len(sums) > 10
