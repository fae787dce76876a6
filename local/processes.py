"""Detached processes of the laptop cloud: started as groups, remembered by id, ended only if they are ours."""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from local import paths

RECORD = "cloud.json"
GRACE_SECONDS = 30


def _record() -> Path:
    return paths.home() / RECORD


def remembered() -> dict[str, dict[str, int | str]]:
    """Every process that `start` has started here: name → `{pid, born}`."""
    if not _record().exists():
        return {}
    known: dict[str, dict[str, int | str]] = json.loads(_record().read_text())
    return known


def _remember(known: dict[str, dict[str, int | str]]) -> None:
    # Replaced whole: an interrupted write would leave processes that nothing here could end any more.
    paths.write_whole(_record(), json.dumps(known, indent=2) + "\n")


def born(pid: int) -> str | None:
    """What tells a process from a later one with the same id; None where there is none, or a dead one not yet reaped.

    On Linux this counts from the boot: the wall clock, which psutil's creation time is made from, may be set meanwhile.
    """
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        stat = Path(f"/proc/{pid}/stat")
        if stat.exists():
            boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
            # Field 22, the start in ticks; the name in brackets before it may hold spaces.
            return f"{boot} {stat.read_text().rpartition(')')[2].split()[19]}"
        return str(process.create_time())
    except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
        return None


def running(name: str) -> bool:
    """Whether the process remembered as `name` is alive and the same one: an id may be used again by a stranger."""
    known = remembered().get(name)
    return known is not None and born(int(known["pid"])) == known["born"]


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
    # One that has died already is remembered as well: what it left behind is found by its id.
    _remember(remembered() | {name: {"pid": process.pid, "born": born(process.pid) or "never"}})


def stop(name: str) -> bool:
    """End what `start` started as `name`, with everything that it started itself, and forget it.

    True where there was something of ours to end. The process is asked first, because the emulator writes its state
    when asked, and it alone: its workers must outlive what it still has to finish. The rest of the group is killed.
    """
    known = remembered()
    if name not in known:
        return False
    pid = int(known[name]["pid"])
    was_running = running(name)
    if was_running:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        while running(name) and time.monotonic() < deadline:
            time.sleep(0.05)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    left = list(_left_behind(pid)) if born(pid) is None else []
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    _remember({key: value for key, value in known.items() if key != name})
    return was_running or bool(left)


def _left_behind(session: int) -> Iterator[psutil.Process]:
    """The processes of a session whose leader is gone that run from this clone, so that a stranger's are left alone."""
    ours = (f"{paths.ROOT}{os.sep}", f"{paths.home()}{os.sep}")
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            if os.getsid(process.pid) == session and any(part.startswith(ours) for part in process.cmdline()):
                yield process
