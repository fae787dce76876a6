"""The command as a person runs it, in this process, with a home of the test's own."""

import json
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli import main
from local import ports


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this test's cloud would keep its state."""
    monkeypatch.setenv("METERFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("METERFLOW_PORT", raising=False)
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    status: int
    out: str
    err: str


@pytest.fixture
def meterflow(capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """`meterflow("read", "x.jpg")` runs it; wrong use is status 2, as for a shell."""

    def run(*arguments: str) -> Done:
        capsys.readouterr()
        try:
            status = main.main(arguments)
        except SystemExit as ended:
            status = int(ended.code or 0)
        return Done(status, *capsys.readouterr())

    return run


@pytest.fixture
def stopped_cloud(home: Path) -> dict[str, Any]:
    """What `make stop` leaves: endpoints.json with addresses where nobody listens any more."""
    with socket.create_server((ports.HOST, 0)) as server:
        port = server.getsockname()[1]
    url = f"http://{ports.HOST}:{port}"
    user = {"username": "ana@example.com", "password": "secret", "email": "ana@example.com", "phone": "+34600000001"}
    where = {
        "aws_endpoint_url": url,
        "api_url": f"{url}/restapis/abc/v1/_user_request_",
        "region": "eu-central-1",
        "users": {"customer": user, "technician": user, "operator": user},
        "outputs": {"UserPoolClientId": "client", "MeterSubmissionStateMachineArn": "arn:aws:states:::stateMachine:m"},
    }
    (home / "endpoints.json").write_text(json.dumps(where))
    (home / "ports.json").write_text(json.dumps({"emulator": port, "rekognition": port, "inbox": port}))
    return where
