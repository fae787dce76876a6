"""Where the laptop cloud keeps things: everything lies under this clone's `.local/`."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[1]
TOOLS = ROOT / ".local" / "tools"
SAM = TOOLS / "sam" / "bin" / "sam"
FUNCTION_PYTHON = TOOLS / "function" / "bin" / "python"


def home() -> Path:
    """The folder of this cloud's state; METERFLOW_HOME gives tests a cloud of their own."""
    return Path(os.environ.get("METERFLOW_HOME", ROOT / ".local")).resolve()


def log_file(name: str) -> Path:
    """The log of one part of the cloud."""
    return home() / f"{name}.log"


def write_whole(path: Path, text: str, mode: int = 0o644) -> None:
    """Write `text` so that a reader, or the run after an interrupted one, finds the old content or the new, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        file.write(text)
    part.replace(path)
