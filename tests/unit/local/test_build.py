"""The build's own checks: too large, no bytecode, a layer that is not the source."""

import os
import sys
from pathlib import Path

import pytest

from local import build, paths


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A build folder as sam leaves it, compiled: two layers, one function, one nested stack without code."""
    source = tmp_path / "root" / "layers/meterflow/meterflow"
    layer = tmp_path / "build/MeterflowLayer/python/meterflow"
    for folder in (source, layer):
        (folder / "adapters").mkdir(parents=True)
        (folder / "photo.py").write_text("MAX = 1\n")
        (folder / "adapters/photos.py").write_text("import json\n")
    package = tmp_path / "build/DependenciesLayer/python/package"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    function = tmp_path / "build/CheckPhotoFunction"
    function.mkdir()
    (function / "app.py").write_text("def handler(event, context): return 1\n")
    (tmp_path / "build/Storage").mkdir()
    (tmp_path / "build/Storage/template.yaml").write_text("Resources: {}\n")
    monkeypatch.setattr(paths, "ROOT", tmp_path / "root")
    build.compile_bytecode(tmp_path / "build")
    return tmp_path / "build"


def test_a_good_build_passes(built: Path) -> None:
    build.check(built)
    assert [each.name for each in build.artefacts(built)] == [
        "CheckPhotoFunction",
        "DependenciesLayer",
        "MeterflowLayer",
    ]


def test_a_function_counts_with_its_layers(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layers = build.size(built / "MeterflowLayer") + build.size(built / "DependenciesLayer")
    whole = layers + build.size(built / "CheckPhotoFunction")
    monkeypatch.setattr(build, "LIMIT_BYTES", whole)
    build.check(built)
    monkeypatch.setattr(build, "LIMIT_BYTES", whole - 1)
    with pytest.raises(build.BuildFailed, match=r"CheckPhotoFunction has .* MB with its layers"):
        build.check(built)


def test_the_tests_of_large_packages_are_left_out_and_nothing_else(built: Path) -> None:
    function = built / "CheckPhotoFunction"
    for name in (
        "sklearn/tree/tests/test_tree.py",
        "sklearn/tests/x.py",
        "numpy/_core/tests/_natype.py",
        "tests/own.py",
    ):
        (function / name).parent.mkdir(parents=True, exist_ok=True)
        (function / name).write_text("")
    (function / "sklearn/tree/_classes.py").write_text("")
    build.leave_tests_out(built)
    left = {str(path.relative_to(function)) for path in function.rglob("*.py")}
    assert left == {"app.py", "sklearn/tree/_classes.py", "numpy/_core/tests/_natype.py", "tests/own.py"}


def test_a_function_without_bytecode_fails(built: Path) -> None:
    next((built / "CheckPhotoFunction/__pycache__").iterdir()).unlink()
    with pytest.raises(build.BuildFailed, match="CheckPhotoFunction carries no bytecode"):
        build.check(built)


def test_bytecode_of_a_package_does_not_stand_in_for_that_of_the_function(built: Path) -> None:
    function = built / "CheckPhotoFunction"
    (function / "pillow").mkdir()
    (function / "pillow/__init__.py").write_text("")
    build.compile_bytecode(function / "pillow")
    next((function / "__pycache__").iterdir()).unlink()
    with pytest.raises(build.BuildFailed, match=r"CheckPhotoFunction carries no bytecode: app\.py"):
        build.check(built)


def test_a_package_without_bytecode_fails(built: Path) -> None:
    next(built.glob("DependenciesLayer/python/package/__pycache__/*")).unlink()
    with pytest.raises(build.BuildFailed, match="DependenciesLayer carries no bytecode"):
        build.check(built)


@pytest.mark.parametrize("name", ["photo.py", "adapters/photos.py"])
def test_a_layer_that_differs_from_the_source_fails(built: Path, name: str) -> None:
    # Same length and date: only its content tells.
    path = built / "MeterflowLayer/python/meterflow" / name
    before = path.stat()
    path.write_text(path.read_text().swapcase())
    source = built.parent / "root/layers/meterflow/meterflow" / name
    for each in (path, source):
        os.utime(each, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(build.BuildFailed, match=f"the built layer is not the source: {name}"):
        build.check(built)


@pytest.mark.parametrize("side", ["root/layers/meterflow/meterflow", "build/MeterflowLayer/python/meterflow"])
def test_a_module_on_one_side_only_fails(built: Path, side: str) -> None:
    (built.parent / side / "extra.py").write_text("")
    build.compile_bytecode(built)
    with pytest.raises(build.BuildFailed, match=r"is not the source: extra\.py"):
        build.check(built)


def test_the_bytecode_stays_valid_whatever_happens_to_the_dates(built: Path) -> None:
    [compiled] = (built / "CheckPhotoFunction/__pycache__").iterdir()
    # The flags of PEP 552: hash-based, and not checked against the source.
    assert int.from_bytes(compiled.read_bytes()[4:8], "little") == 0b01


def test_a_file_that_is_no_python_of_this_version_does_not_hinder(built: Path) -> None:
    (built / "DependenciesLayer/python/package/template.py").write_text("{{ name }} = ")
    build.compile_bytecode(built)
    build.check(built)


def test_a_failed_build_says_why_on_a_line(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = home / "sam"
    fake.write_text(
        "#!/bin/sh\necho Starting Build\necho\necho Build Failed\necho 'Error: no such file: x.txt' >&2\nexit 1\n"
    )
    fake.chmod(0o755)
    monkeypatch.setattr(paths, "SAM", fake)
    with pytest.raises(build.BuildFailed) as failed:
        build.build("local", lambda _line: None)
    assert str(failed.value) == f"sam build failed: Error: no such file: x.txt (all of it: {home / 'sam-build.log'})"


def test_how_far_it_is() -> None:
    output = "Starting Build\nBuilding codeuri: /a functions: A\n Running X\nBuilding layer 'L'\nBuilding codeuri: /b\n"
    assert build.how_far(output) == "    3 functions and layers"
    assert build.how_far("Starting Build\n") == "    comparing with the last build"


def test_the_runtime_is_this_interpreter() -> None:
    assert f"python{sys.version_info.major}.{sys.version_info.minor}" == build.RUNTIME
