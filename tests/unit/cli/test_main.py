"""The command's promises: 0 done, 1 one clear line, 2 wrong use; never a traceback for what can be foreseen."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest
import requests

from cli import main, status
from local import paths
from local.inbox import InboxUnavailable
from meterflow.errors import TransientError

Run = Callable[..., Any]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["fly"],
        ["submit"],
        ["submit", "--meter", "WTR-0001"],
        ["submit", "--meter", "WTR-0001", "--value", "1", "--as", "king"],
        ["read"],
        ["read", "--digits", "five", "x.jpg"],
        ["up", "--no-such-option"],
        ["inbox", "extra"],
    ],
)
def test_wrong_use_is_2(meterflow: Run, arguments: list[str]) -> None:
    done = meterflow(*arguments)
    assert done.status == 2
    assert done.out == ""
    assert "usage: meterflow" in done.err


@pytest.mark.parametrize("arguments", [["--help"], ["read", "--help"], ["up", "--help"]])
def test_help_is_0(meterflow: Run, arguments: list[str]) -> None:
    assert meterflow(*arguments).status == 0


NEEDS_CLOUD = [["inbox"], ["inbox", "--json"], ["submit", "--meter", "WTR-0001", "--value", "1.000"]]


@pytest.mark.parametrize("arguments", NEEDS_CLOUD)
def test_without_a_cloud(meterflow: Run, arguments: list[str]) -> None:
    done = meterflow(*arguments)
    assert (done.status, done.out) == (1, "")
    assert done.err == "meterflow: the laptop cloud is not running here; start it with: make run\n"


@pytest.mark.usefixtures("stopped_cloud")
@pytest.mark.parametrize("arguments", NEEDS_CLOUD)
def test_with_a_cloud_that_was_stopped(meterflow: Run, arguments: list[str]) -> None:
    done = meterflow(*arguments)
    assert (done.status, done.out) == (1, "")
    assert done.err == f"meterflow: {main.NO_ANSWER}\n"


CLIENT_ERROR = botocore.exceptions.ClientError(
    {"Error": {"Code": "NotAuthorizedException", "Message": "Incorrect username\nor password."}}, "InitiateAuth"
)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (botocore.exceptions.EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), main.NO_ANSWER),
        (botocore.exceptions.ReadTimeoutError(endpoint_url="http://127.0.0.1:1"), main.NO_ANSWER),
        (requests.ConnectionError("HTTPConnectionPool(host='127.0.0.1', port=1): Max retries"), main.NO_ANSWER),
        (requests.ReadTimeout("read timeout=60"), main.NO_ANSWER),
        (InboxUnavailable("no read-out at http://"), main.NO_ANSWER),
        (TransientError("EndpointConnectionError"), main.NO_ANSWER),
        (
            CLIENT_ERROR,
            "An error occurred (NotAuthorizedException) when calling the InitiateAuth operation: "
            "Incorrect username or password.",
        ),
        (RuntimeError("two\nlines"), "two lines"),
        (TimeoutError("still RUNNING after 120 s"), "still RUNNING after 120 s"),
        (TimeoutError(), "TimeoutError"),
        (IsADirectoryError(21, "Is a directory", "photos"), "photos: Is a directory"),
        (KeyboardInterrupt(), "stopped"),
    ],
)
def test_what_fails_is_one_line(
    meterflow: Run, monkeypatch: pytest.MonkeyPatch, error: BaseException, line: str
) -> None:
    def fail(_arguments: object) -> int:
        raise error

    monkeypatch.setattr(status, "run", fail)
    done = meterflow("status")
    assert done.status == 1
    assert done.err == f"meterflow: {line}\n"


def test_a_bug_shows_itself(meterflow: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "run", lambda _arguments: {}["nothing"])
    with pytest.raises(KeyError):
        meterflow("status")


def test_a_reader_that_has_seen_enough_hears_no_complaint(home: Path, tmp_path: Path) -> None:
    names = [str(tmp_path / f"missing-{number}.jpg") for number in range(2000)]
    code = (
        "import sys; from cli import main, read\n"
        "read.PhotoReader = lambda reader: None\nsys.exit(main.main(sys.argv[1:]))"
    )
    environment = os.environ | {"METERFLOW_HOME": str(home)}
    command = subprocess.Popen(
        [sys.executable, "-c", code, "read", "--json", *names],
        cwd=paths.ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert command.stdout is not None
    assert command.stderr is not None
    command.stdout.readline()
    command.stdout.close()
    errors = command.stderr.read()
    command.stderr.close()
    assert command.wait(timeout=60) == 1
    assert "Traceback" not in errors
    assert "roken pipe" not in errors


def test_a_proxy_is_not_asked_for_this_machine(meterflow: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    meterflow("status")
    assert requests.utils.get_environ_proxies("http://127.0.0.1:4566/") == {}
