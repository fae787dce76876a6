"""Starting and stopping: strangers on the ports, parts that die, two commands at once."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli import main
from local import cloud, paths, ports, processes

pytestmark = pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")

# Stands in for each part: answers every GET on its port, or dies as told.
PART = """
import http.server, os, sys
name, port = sys.argv[1], int(sys.argv[2])
if name == os.environ.get("DIES"):
    sys.exit("OSError: it has no disk")
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
http.server.HTTPServer(("127.0.0.1", port), Answer).serve_forever()
"""


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Iterator[ports.Ports]:
    """A cloud whose parts are stand-ins, on free ports."""
    base = ports.free_base()
    monkeypatch.setenv("METERFLOW_PORT", str(base))
    start = processes.start
    numbers = dict(zip(("emulator", "rekognition", "inbox"), range(base, base + 3), strict=True))

    def stand_in(name: str, _command: list[str], environment: dict[str, str]) -> None:
        start(name, [sys.executable, "-c", PART, name, str(numbers[name])], environment)

    monkeypatch.setattr(processes, "start", stand_in)
    yield ports.chosen()
    cloud.down(lambda _line: None)


def test_up_and_down(parts: ports.Ports, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    cloud.up(said.append)
    assert cloud.is_up()
    assert cloud.current_ports() == parts
    assert len(said) == 3
    pids = [int(each["pid"]) for each in processes.remembered().values()]
    again: list[str] = []
    cloud.up(again.append)
    assert all("was running" in line for line in again)
    assert [int(each["pid"]) for each in processes.remembered().values()] == pids
    said.clear()
    cloud.down(said.append)
    assert said == ["  stopped inbox", "  stopped emulator", "  stopped rekognition"]
    assert not any(map(ports.listening, (parts.emulator, parts.rekognition, parts.inbox)))
    assert not cloud.is_up()
    monkeypatch.setenv("METERFLOW_PORT", "6000")
    assert cloud.current_ports().emulator == 6000


def test_a_running_cloud_keeps_its_ports(parts: ports.Ports, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.up(lambda _line: None)
    monkeypatch.setenv("METERFLOW_PORT", "6000")
    cloud.up(lambda _line: None)
    assert cloud.current_ports() == parts


def test_a_part_that_died_is_started_again(parts: ports.Ports) -> None:
    cloud.up(lambda _line: None)
    processes.stop("inbox")
    assert not cloud.is_up()
    cloud.up(lambda _line: None)
    assert cloud.is_up()
    assert ports.listening(parts.inbox)


def test_a_part_that_dies_says_why_and_takes_the_others_along(
    parts: ports.Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIES", "inbox")
    with pytest.raises(cloud.CloudFailed, match="inbox ended while starting: OSError: it has no disk") as failed:
        cloud.up(lambda _line: None)
    assert str(paths.log_file("inbox")) in str(failed.value)
    assert "\n" not in str(failed.value)
    assert processes.remembered() == {}
    assert not ports.listening(parts.emulator)


@pytest.mark.parametrize("offset", [0, 1, 2])
def test_a_busy_port_is_one_line_and_exit_1(
    parts: ports.Ports, capsys: pytest.CaptureFixture[str], offset: int
) -> None:
    with socket.create_server((ports.HOST, parts.emulator + offset)):
        assert main.main(["up"]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"meterflow: port {parts.emulator + offset} is taken by another program")
    assert error.count("\n") == 1
    assert processes.remembered() == {}


def test_a_wrong_port_is_one_line_and_exit_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("METERFLOW_PORT", "http")
    assert main.main(["up"]) == 1
    assert capsys.readouterr().err == "meterflow: METERFLOW_PORT=http is not a port between 1024 and 65000\n"


def test_down_without_a_cloud_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["down"]) == 0
    assert capsys.readouterr() == ("", "")


def test_credentials_reach_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")
    monkeypatch.setenv("OTHER", "kept")
    environment = cloud.credentials("http://127.0.0.1:1")
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN"} & environment.keys()
    assert environment["OTHER"] == "kept"
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert environment["AWS_CONFIG_FILE"] == environment["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull


WAITER = """
from local import cloud, paths
import pathlib, sys
paths.TOOLS = pathlib.Path(sys.argv[1]) / "tools"
def say(line): print(line, flush=True)
with cloud.only_one(say):
    say("mine")
"""


def test_a_second_command_waits_for_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = paths.ROOT
    monkeypatch.setattr(paths, "TOOLS", tmp_path / "tools")
    said: list[str] = []
    with cloud.only_one(said.append):
        other = subprocess.Popen(
            [sys.executable, "-c", WAITER, str(tmp_path)], cwd=root, stdout=subprocess.PIPE, text=True
        )
        assert other.stdout is not None
        assert other.stdout.readline().startswith("waiting: another command")
        time.sleep(0.2)
        assert other.poll() is None
    assert other.communicate(timeout=30)[0] == "mine\n"
    assert said == []
