"""Detached processes of the laptop cloud: started as groups, remembered by id, ended only if they are ours."""

import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import psutil

from local import paths

RECORD = "cloud.json"
GRACE_SECONDS = 30


def _record() -> Path:
    return paths.home() / RECORD


def remembered() -> dict[str, dict[str, float]]:
    """Every process that `start` has started here: name → `{pid, started}`."""
    if not _record().exists():
        return {}
    known: dict[str, dict[str, float]] = json.loads(_record().read_text())
    return known


def _remember(known: dict[str, dict[str, float]]) -> None:
    _record().write_text(json.dumps(known, indent=2) + "\n")


def running(name: str) -> bool:
    """Whether the process remembered as `name` is alive and the same one: an id may be used again by a stranger."""
    known = remembered().get(name)
    if known is None:
        return False
    try:
        process = psutil.Process(int(known["pid"]))
        same = abs(process.create_time() - known["started"]) < 1
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def start(name: str, command: list[str], environment: dict[str, str]) -> None:
    """Start `command` as a process group of its own, logging to `.local/<name>.log`, and remember it."""
    paths.home().mkdir(parents=True, exist_ok=True)
    with paths.log_file(name).open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=paths.ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            close_fds=True,
        )
    known = remembered()
    known[name] = {"pid": process.pid, "started": psutil.Process(process.pid).create_time()}
    _remember(known)


def stop(name: str) -> bool:
    """End the group of `name` and forget it. True where there was something of ours to end.

    The group is asked first and killed after a grace, because the emulator writes its state when asked.
    """
    was_running = running(name)
    known = remembered()
    if was_running:
        group = int(known[name]["pid"])
        _signal(group, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        while running(name) and time.monotonic() < deadline:
            time.sleep(0.1)
        # The leader is gone; what it started may have outlived it.
        _signal(group, signal.SIGKILL)
    if known.pop(name, None) is not None:
        _remember(known)
    return was_running


def _signal(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)
