"""Processes: detached, nothing inherited, ended with everything they started, and never a stranger."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from local import paths, processes

# The parent of a detached process ends long before it; the test does not, and Popen says so.
pytestmark = pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")

# Starts a child, writes both ids and waits; with `deaf` the child does not heed SIGTERM.
FAMILY = """
import pathlib, signal, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[2], sys.argv[3]])
pathlib.Path(sys.argv[1]).write_text(f"{child.pid}")
if sys.argv[4:] == ["die"]:
    sys.exit(1)
time.sleep(600)
"""
CHILD = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


def eventually(question: Callable[[], object], seconds: float = 30) -> object:
    """The first true answer."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = question()
        if answer:
            return answer
        time.sleep(0.02)
    pytest.fail("it never became true")


def alive(pid: int) -> bool:
    """Whether a process is there and not merely waiting to be reaped."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.fixture
def family(home: Path) -> Iterator[Callable[..., tuple[int, int]]]:
    """`family()` starts `parent` with a deaf child and returns both ids; whatever is left is killed at the end."""
    started: list[int] = []

    def start(*options: str, mark: Path = paths.ROOT) -> tuple[int, int]:
        note = home / "child"
        note.unlink(missing_ok=True)
        command = [sys.executable, "-c", FAMILY, str(note), CHILD, f"{mark}/worker", *options]
        processes.start("parent", command, dict(os.environ))
        child = int(str(eventually(lambda: note.exists() and note.read_text())))
        parent = int(processes.remembered()["parent"]["pid"])
        started.extend((parent, child))
        return parent, child

    yield start
    for pid in started:
        if alive(pid):
            os.kill(pid, signal.SIGKILL)


def test_stop_ends_the_process_and_what_it_started(
    family: Callable[..., tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    parent, child = family()
    # What is looked for afterwards is for leaders that died before.
    monkeypatch.setattr(processes, "_left_behind", lambda _session: [])
    assert processes.running("parent")
    assert processes.stop("parent")
    eventually(lambda: not alive(parent) and not alive(child))
    assert processes.remembered() == {}
    assert not processes.running("parent")


def test_stopping_again_says_that_there_was_nothing(family: Callable[..., tuple[int, int]]) -> None:
    family()
    assert processes.stop("parent")
    assert not processes.stop("parent")
    assert not processes.stop("never started")


def test_what_a_dead_process_left_behind_is_ended(family: Callable[..., tuple[int, int]]) -> None:
    parent, child = family("die")
    eventually(lambda: not alive(parent))
    assert alive(child)
    assert not processes.running("parent")
    assert processes.stop("parent")
    eventually(lambda: not alive(child))


def test_a_strangers_children_in_a_group_of_that_id_are_left_alone(
    family: Callable[..., tuple[int, int]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    parent, child = family("die", mark=Path("/somewhere/else"))
    eventually(lambda: not alive(parent))
    # Run by another clone's interpreter, as a stranger's process would be.
    monkeypatch.setattr(paths, "ROOT", tmp_path / "another clone")
    assert not processes.stop("parent")
    assert alive(child)


def test_an_id_that_a_stranger_has_now_is_not_ended(home: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    try:
        record = {"parent": {"pid": stranger.pid, "born": "another-boot 12345"}}
        (home / "cloud.json").write_text(json.dumps(record))
        assert not processes.running("parent")
        assert not processes.stop("parent")
        assert stranger.poll() is None
        assert processes.remembered() == {}
    finally:
        stranger.kill()
        stranger.wait()


def test_setting_the_clock_does_not_make_a_process_a_stranger(
    family: Callable[..., tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not Path("/proc/self/stat").exists():
        pytest.skip("counts from the boot on Linux only")
    family()
    real = psutil.Process.create_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: real(self) + 3600)
    assert processes.running("parent")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_nothing_is_inherited(home: Path) -> None:
    read_end, write_end = os.pipe()
    os.set_inheritable(write_end, True)
    own_input = os.dup(0)
    os.dup2(read_end, 0)
    try:
        processes.start("bare", [sys.executable, "-c", "import time; time.sleep(600)"], {"ONLY": "this"})
        pid = int(processes.remembered()["bare"]["pid"])
        folder = Path(f"/proc/{pid}/fd")
        held = {int(each.name): str(each.readlink()) for each in folder.iterdir()}
        assert {number: held[number] for number in (0, 1, 2)} == {
            0: "/dev/null",
            1: str(home / "bare.log"),
            2: str(home / "bare.log"),
        }
        pipe = f"pipe:[{os.fstat(write_end).st_ino}]"
        assert pipe not in held.values()
        assert os.getsid(pid) == pid
        eventually(lambda: Path(f"/proc/{pid}/environ").read_bytes().startswith(b"ONLY=this"))
    finally:
        os.dup2(own_input, 0)
        for each in (own_input, read_end, write_end):
            os.close(each)
        processes.stop("bare")


def test_what_it_says_goes_to_its_log_behind_what_was_there(home: Path) -> None:
    (home / "talker.log").write_text("from yesterday\n")
    processes.start("talker", [sys.executable, "-c", "print('hello')"], dict(os.environ))
    eventually(lambda: (home / "talker.log").read_text() == "from yesterday\nhello\n")
    processes.stop("talker")


def test_the_record_is_never_half_written(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths.write_whole(home / "cloud.json", '{"parent": {"pid": 1, "born": "x"}}')
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        processes.stop("parent")
    assert processes.remembered() == {"parent": {"pid": 1, "born": "x"}}
