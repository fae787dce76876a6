"""Running sam: never silent for long, never flooding, and its last words are not lost."""

import os
import signal
import time
from pathlib import Path

import pytest

from local import paths, sam


@pytest.fixture
def fake_sam(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A script in sam's place, to be written by the test."""
    script = home / "fake-sam"
    script.touch(mode=0o755)
    monkeypatch.setattr(paths, "SAM", script)
    monkeypatch.setattr(sam, "PROGRESS_SECONDS", 0.05)
    return script


def lines(output: str) -> str:
    """Progress as a number of lines."""
    return f"{len(output.splitlines())} lines"


def test_progress_is_said_once_a_change(fake_sam: Path, home: Path) -> None:
    fake_sam.write_text("#!/bin/sh\nfor i in 1 2 3; do echo $i; sleep 0.3; done\n")
    said: list[str] = []
    assert sam.run([], os.environ, home / "log", lines, said.append) == 0
    assert len(said) == len(set(said)) <= 4
    assert said[-1] == "3 lines"
    assert (home / "log").read_text() == "1\n2\n3\n"


def test_it_keeps_its_own_settings_in_the_clone_and_asks_nothing(fake_sam: Path, home: Path) -> None:
    fake_sam.write_text('#!/bin/sh\necho "$SAM_CLI_TELEMETRY $__SAM_CLI_APP_DIR $1"; cat; exit 3\n')
    read_end, write_end = os.pipe()
    os.write(write_end, b"what somebody types")
    os.close(write_end)
    own_input = os.dup(0)
    os.dup2(read_end, 0)
    try:
        assert sam.run(["deploy"], {"PATH": os.environ["PATH"]}, home / "log", lines, print) == 3
    finally:
        os.dup2(own_input, 0)
        for each in (own_input, read_end):
            os.close(each)
    assert (home / "log").read_text() == f"0 {paths.TOOLS.parent / 'sam'} deploy\n"


def test_an_interruption_ends_sam_too(fake_sam: Path, home: Path) -> None:
    fake_sam.write_text(f"#!/bin/sh\necho $$ > {home / 'pid'}\nexec sleep 600\n")

    def interrupted(_line: str) -> None:
        while not (home / "pid").exists() or not (home / "pid").read_text().strip():
            time.sleep(0.01)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sam.run([], os.environ, home / "log", lines, interrupted)
    pid = int((home / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize(
    ("output", "complaint"),
    [
        ("working\nError: first\nmore\nError: second\nhint\n", "Error: second"),
        ("working\nbotocore.exceptions.ClientError: no\n", "botocore.exceptions.ClientError: no"),
        ("working\n  it broke  \n\n", "it broke"),
        ("", "it said nothing"),
    ],
)
def test_the_complaint_is_a_line(tmp_path: Path, output: str, complaint: str) -> None:
    (tmp_path / "log").write_text(output)
    assert sam.complaint(tmp_path / "log") == complaint
