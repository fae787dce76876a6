"""The `meterflow` command. Exit status: 0 done, 1 the work failed (one line says why), 2 wrong use."""

import argparse
import os
import sys
from collections.abc import Sequence

import requests
from botocore.exceptions import BotoCoreError, ClientError

from cli import cloud, export, inbox, models, read, review, score, status, submit, train, verify
from local import ports
from local.inbox import InboxUnavailable
from meterflow.errors import TransientError

NOT_RUNNING = "the laptop cloud is not running here; start it with: make run"
NO_ANSWER = "the laptop cloud does not answer (what runs: meterflow status); start it with: make run"


def parser() -> argparse.ArgumentParser:
    """The command line: one subcommand a module."""
    root = argparse.ArgumentParser(
        prog="meterflow", description="Meterflow on this laptop: meter readings, photos, jobs and messages."
    )
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in (cloud, status, submit, inbox, read, score, review, export, verify, train, models):
        module.add_to(commands)
    return root


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    chosen = parser().parse_args(arguments)
    ports.without_proxy(os.environ)
    try:
        done: int = chosen.run(chosen)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("meterflow: stopped", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read the output has seen enough; Python would complain once more when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (OSError, RuntimeError, ValueError, BotoCoreError, ClientError, InboxUnavailable, TransientError) as error:
        # Every failure that the commands foresee is one of these and says what to do; a bug still shows itself.
        print(f"meterflow: {one_line(error)}", file=sys.stderr)
        return 1
    return done


def one_line(error: BaseException) -> str:
    """What went wrong, on a line."""
    if isinstance(error, FileNotFoundError) and str(error.filename).endswith("endpoints.json"):
        return NOT_RUNNING
    if isinstance(
        error, requests.ConnectionError | requests.Timeout | BotoCoreError | InboxUnavailable | TransientError
    ):
        # Their own words are addresses and Python objects. Nothing but the laptop cloud is ever called.
        return NO_ANSWER
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return " ".join(str(error).split()) or type(error).__name__


if __name__ == "__main__":
    sys.exit(main())
