"""The `meterflow` command. Exit status: 0 done, 1 the work failed (one line says why), 2 wrong use."""

import argparse
import sys
from collections.abc import Sequence

from cli import cloud, inbox, read, status, submit


def parser() -> argparse.ArgumentParser:
    """The command line: one subcommand a module."""
    root = argparse.ArgumentParser(
        prog="meterflow", description="Meterflow on this laptop: meter readings, photos, jobs and messages."
    )
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in (cloud, status, submit, inbox, read):
        module.add_to(commands)
    return root


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    chosen = parser().parse_args(arguments)
    try:
        done: int = chosen.run(chosen)
    except KeyboardInterrupt:
        print("meterflow: stopped", file=sys.stderr)
        return 1
    except (OSError, RuntimeError, TimeoutError, ValueError) as error:
        # Every failure that the commands foresee is one of these and says what to do; a bug still shows itself.
        print(f"meterflow: {one_line(error)}", file=sys.stderr)
        return 1
    return done


def one_line(error: BaseException) -> str:
    """What went wrong, on a line."""
    if isinstance(error, FileNotFoundError) and str(error.filename).endswith("endpoints.json"):
        return "the laptop cloud is not running here; start it with: make run"
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error)


if __name__ == "__main__":
    sys.exit(main())
