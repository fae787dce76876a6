"""Build the artefacts with `sam build`, take out what nothing runs, then add what it leaves out: bytecode and a check.

`sam build` copies sources without bytecode and Lambda's file system is read-only, so every cold start would compile
everything anew. The bytecode is written unchecked: it stays valid whatever the deployment does to the files' dates.
"""

import argparse
import filecmp
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib.util import cache_from_source
from pathlib import Path

from local import cloud, paths, sam

BUILD = paths.ROOT / ".aws-sam" / "build"
# Lambda's limit on a function with its layers, unzipped.
LIMIT_BYTES = 250 * 1024 * 1024
# Packages that carry their own tests, a fifth of the trainer's artefact; with their bytecode it would be too large.
# Not NumPy: it imports some of its tests.
WITH_TESTS = ("scipy", "sklearn")
RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"


class BuildFailed(RuntimeError):
    """`sam build` failed, or its result is not what the source says."""


def build(
    environment: str,
    say: Callable[[str], None] = print,
    variables: Mapping[str, str] = os.environ,
    build_folder: Path = BUILD,
) -> None:
    """Build every artefact for `environment` of samconfig.toml into `build_folder`, compile and check it.

    `variables` is the environment that sam runs in. Raises BuildFailed with sam's own complaint.
    """
    arguments = [
        "build", "--config-env", environment, "--build-dir", str(build_folder),
        "--cache-dir", str(paths.ROOT / ".aws-sam" / "cache"), "--parameter-overrides", f"PythonRuntime={RUNTIME}",
    ]  # fmt: skip
    # sam looks on the PATH for the runtime's interpreter with pip: the functions' bare environment has both.
    search = f"{paths.FUNCTION_PYTHON.parent}{os.pathsep}{variables.get('PATH', '')}"
    log = paths.log_file("sam-build")
    if sam.run(arguments, dict(variables) | {"PATH": search}, log, how_far, say):
        raise BuildFailed(f"sam build failed: {sam.complaint(log)} (all of it: {log})")
    leave_tests_out(build_folder)
    compile_bytecode(build_folder)
    check(build_folder)


def how_far(output: str) -> str:
    """How many functions and layers `sam build` has begun, from what it printed."""
    begun = sum(line.startswith(("Building codeuri:", "Building layer ")) for line in output.splitlines())
    return f"    {begun} functions and layers" if begun else "    comparing with the last build"


def artefacts(build_folder: Path) -> Iterator[Path]:
    """The folder of each function and layer that was built; nested stacks lie beside them and have no code."""
    return (path for path in sorted(build_folder.iterdir()) if path.is_dir() and any(path.rglob("*.py")))


def leave_tests_out(build_folder: Path) -> None:
    """Remove the tests of the packages in WITH_TESTS from every artefact."""
    for artefact in artefacts(build_folder):
        for package in WITH_TESTS:
            for tests in sorted((artefact / package).glob("**/tests")):
                shutil.rmtree(tests, ignore_errors=True)


def compile_bytecode(folder: Path) -> None:
    """Compile every module under `folder`. Files that are no Python of this version (templates) are left alone."""
    subprocess.run(
        [sys.executable, "-m", "compileall", "-q", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash", folder],
        check=False,
    )


def size(folder: Path) -> int:
    """Bytes of all files under `folder`."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def check(build_folder: Path) -> None:
    """Raise BuildFailed where an artefact is too large for Lambda, has no bytecode, or the layer is not the source."""
    layers = [build_folder / "DependenciesLayer", build_folder / "MeterflowLayer"]
    shared = sum(size(layer) for layer in layers)
    for artefact in artefacts(build_folder):
        total = size(artefact) + (0 if artefact in layers else shared)
        if total > LIMIT_BYTES:
            raise BuildFailed(f"{artefact.name} has {total / 1e6:.0f} MB with its layers; Lambda takes 250 MiB")
        bare = [path.name for path in _own_modules(artefact) if not Path(cache_from_source(str(path))).exists()]
        if bare or not any(artefact.rglob("*.pyc")):
            raise BuildFailed(f"{artefact.name} carries no bytecode{': ' if bare else ''}{', '.join(bare)}")
    source, built = paths.ROOT / "layers/meterflow/meterflow", layers[1] / "python" / "meterflow"
    different = sorted(_differences(source, built))
    if different:
        raise BuildFailed(f"the built layer is not the source: {', '.join(different)}")


def _own_modules(artefact: Path) -> list[Path]:
    """The modules that are ours, which all compile; packages from elsewhere hold templates that do not."""
    return [*artefact.glob("*.py"), *artefact.glob("python/meterflow/**/*.py")]


def _differences(source: Path, built: Path) -> set[str]:
    """Relative names of the modules that only one side has or that differ."""
    ours = {str(path.relative_to(source)) for path in source.rglob("*.py")}
    theirs = {str(path.relative_to(built)) for path in built.rglob("*.py")}
    return (ours ^ theirs) | {n for n in ours & theirs if not filecmp.cmp(source / n, built / n, shallow=False)}


def main() -> None:
    """Entry point of `make build`."""
    parser = argparse.ArgumentParser(description="Build the artefacts that sam deploys.")
    parser.add_argument("--environment", default="default", help="environment of samconfig.toml")
    arguments = parser.parse_args()
    try:
        with cloud.only_one(print):
            build(arguments.environment, print)
    except BuildFailed as error:
        raise SystemExit(f"build: {error}") from None
    for artefact in artefacts(BUILD):
        print(f"{size(artefact) / 1e6:8.1f} MB  {artefact.name}")


if __name__ == "__main__":
    main()
