"""A laptop cloud of the tests' own: free ports, a state of its own, deployed by sam, ended with the session.

While developing, METERFLOW_TEST_CLOUD=.local runs the tests on the cloud of `make run` and leaves it there.
"""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from local import ports

ROOT = Path(__file__).parents[2]
REUSED = os.environ.get("METERFLOW_TEST_CLOUD")
HOME = ROOT / (REUSED or ".local/test")
os.environ["METERFLOW_HOME"] = str(HOME)

from cli import api, follow  # noqa: E402 - the home must be set before anything reads it
from local import cloud, deploy, inbox  # noqa: E402
from meterflow.clock import now, to_text  # noqa: E402


def _meterflow(*arguments: str, port: int) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"METERFLOW_HOME": str(HOME), "METERFLOW_PORT": str(port)}
    command = [sys.executable, "-m", "cli.main", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


@dataclass
class Cloud:
    """The running cloud as a test uses it."""

    endpoints: dict[str, Any]
    _sessions: dict[str, api.Session] = field(default_factory=dict)

    @property
    def outputs(self) -> dict[str, str]:
        """The stack's outputs."""
        found: dict[str, str] = self.endpoints["outputs"]
        return found

    def client(self, service: str) -> Any:
        """A boto3 client of the cloud, as the account's root."""
        return deploy.client(service)

    def table(self, name: str) -> Any:
        """The table of output `<name>TableName`."""
        return deploy.resource("dynamodb").Table(self.outputs[f"{name}TableName"])

    def session(self, role: str) -> api.Session:
        """Logged in as customer, technician or operator."""
        if role not in self._sessions:
            user = self.endpoints["users"][role]
            client_id = self.outputs["UserPoolClientId"]
            self._sessions[role] = api.Session(self.endpoints["api_url"], client_id, user["username"], user["password"])
        return self._sessions[role]

    def request(
        self, method: str, path: str, body: Any = None, token: str | None = None, raw: bytes | None = None
    ) -> requests.Response:
        """One call of the API as any HTTP client makes it, whatever comes of it."""
        headers = {"Content-Type": "application/json"} | ({"Authorization": token} if token else {})
        url = self.endpoints["api_url"] + path
        return requests.request(method, url, json=body, data=raw, headers=headers, timeout=60)

    def new_meter(self, role: str = "customer", **changes: Any) -> str:
        """Register a meter that no other test uses and return its id."""
        meter_id = f"T-{uuid.uuid4().hex[:10].upper()}"
        body = {
            "meter_id": meter_id,
            "kind": "water",
            "unit": "m3",
            "digits": 5,
            "decimals": 3,
            "location": {"lat": 38.35, "lon": -0.48},
        }
        self.session(role).call("POST", "/meters", body | changes)
        return meter_id

    def submit(self, meter_id: str, value: str, role: str = "customer", **changes: Any) -> str:
        """Submit a reading and return its submission_id."""
        body = {
            "meter_id": meter_id,
            "value": value,
            "taken_at": to_text(now() - timedelta(minutes=1)),
            "client_token": str(uuid.uuid4()),
        }
        return str(self.session(role).call("POST", "/readings", body | changes)["submission_id"])

    def settled(self, submission_id: str, role: str = "customer") -> dict[str, Any]:
        """The submission when its execution has ended."""
        arn = follow.execution_arn(self.outputs["MeterSubmissionStateMachineArn"], submission_id)
        follow.follow(arn, lambda _line: None)
        result: dict[str, Any] = self.session(role).call("GET", f"/readings/{submission_id}")
        return result

    def messages(self, ref: str) -> list[inbox.InboxMessage]:
        """Every message whose reference is the first 8 characters of `ref`."""
        return [m for m in inbox.read(self.endpoints["aws_endpoint_url"]) if m.ref == ref[:8]]

    def eventually(self, question: Any, seconds: float = 30) -> Any:
        """Ask until the answer is true and return it. Fails the test where it never is."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            answer = question()
            if answer:
                return answer
            time.sleep(0.2)
        pytest.fail(f"still not so after {seconds} s")


@pytest.fixture(scope="session")
def laptop() -> Iterator[Cloud]:
    """The laptop cloud, deployed and seeded once for the whole session."""
    if REUSED:
        yield Cloud(json.loads((HOME / "endpoints.json").read_text()))
        return
    _meterflow("down", port=ports.DEFAULT)
    done = _meterflow("up", "--no-demonstration", port=ports.free_base())
    if done.returncode:
        pytest.fail(f"meterflow up failed: {done.stdout[-3000:]}{done.stderr[-3000:]}", pytrace=False)
    yield Cloud(json.loads((HOME / "endpoints.json").read_text()))
    stopped = _meterflow("down", port=ports.DEFAULT)
    assert stopped.returncode == 0, stopped.stderr
    assert not cloud.is_up()


@pytest.fixture
def decimal_step() -> Decimal:
    """An ordinary amount of water for a day."""
    return Decimal("0.300")
