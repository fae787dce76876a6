"""Write the requirements that `sam build` installs, pinned as uv.lock says: what is tested is what is deployed.

`functions/<workflow>/<step>/requirements.in` and `layers/dependencies/requirements.in` name what is needed; the
`requirements.txt` beside each is written here with every transitive pin. boto3 is left out: Lambda's runtime has it.
"""

import subprocess
import tempfile
from pathlib import Path

from local import paths

UV = paths.TOOLS / "uv" / "uv"
HEADER = "# Written by `make lock` from requirements.in and uv.lock.\n"


def locked() -> str:
    """Every pin of uv.lock as constraints."""
    command = [
        str(UV),
        "export",
        "--frozen",
        "--quiet",
        "--no-hashes",
        "--no-emit-project",
        "--all-groups",
        "--no-header",
    ]
    return subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, check=True).stdout


def without(constraints: str, source: str) -> str:
    """`constraints` less the packages that `source` pins itself with `==`: it must have a reason, written there."""
    own = {line.partition("==")[0].strip() for line in source.splitlines() if "==" in line and not line.startswith("#")}
    return "".join(f"{line}\n" for line in constraints.splitlines() if line.partition("==")[0].strip() not in own)


def compile_one(source: Path, pins: str) -> str:
    """The pinned form of one requirements.in."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as constraints:
        constraints.write(without(pins, source.read_text()))
        constraints.flush()
        return _compiled(source, Path(constraints.name))


def _compiled(source: Path, constraints: Path) -> str:
    command = [
        str(UV), "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--no-header", "--no-annotate",
        "--constraint", str(constraints), "--no-emit-package", "boto3", str(source),
    ]  # fmt: skip
    return HEADER + subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, check=True).stdout


def sources() -> list[Path]:
    """Every requirements.in that sam builds from."""
    return sorted(
        [*paths.ROOT.glob("functions/*/*/requirements.in"), paths.ROOT / "layers/dependencies/requirements.in"]
    )


def main() -> None:
    """Write each requirements.txt."""
    pins = locked()
    for source in sources():
        source.with_suffix(".txt").write_text(compile_one(source, pins))
        print(f"wrote {source.with_suffix('.txt').relative_to(paths.ROOT)}")


if __name__ == "__main__":
    main()
