"""Run `sam` for minutes without silence: its words go to a log of ours, a line now and then says how far it is."""

import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from local import paths

PROGRESS_SECONDS = 5


def run(
    arguments: list[str],
    environment: Mapping[str, str],
    log: Path,
    how_far: Callable[[str], str],
    say: Callable[[str], None],
) -> int:
    """Run `sam ARGUMENTS` with its output in `log` and return its exit status.

    `how_far` makes the line of progress from the output so far; it is said every few seconds, if it has changed.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    # sam would keep its own settings in the home folder; everything of ours lies under this clone.
    own = {"SAM_CLI_TELEMETRY": "0", "__SAM_CLI_APP_DIR": str(paths.TOOLS.parent / "sam"), "PYTHONUNBUFFERED": "1"}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(paths.SAM), *arguments],
            cwd=paths.ROOT,
            env=dict(environment) | own,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    said = ""
    try:
        while True:
            try:
                return process.wait(timeout=PROGRESS_SECONDS)
            except subprocess.TimeoutExpired:
                line = how_far(log.read_text(errors="replace"))
                if line != said:
                    say(line)
                    said = line
    except BaseException:
        process.terminate()
        process.wait()
        raise


def complaint(log: Path) -> str:
    """The line of a failed run that says why: sam's `Error:`, else its last words."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(Error|Build Failed|.*[A-Za-z]Error):", line)]
    return (errors or lines or ["it said nothing"])[-1]
