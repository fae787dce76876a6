"""A small city of recipients, a provider that can fail, and the machine's path walked as its definition says."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient

from meterflow.adapters import ledger, messaging
from meterflow.errors import TransientError
from meterflow.message import Notification
from meterflow.observability import metrics

CUSTOMER = "00000000-0000-4000-8000-000000000001"


class Killed(BaseException):
    """The process died here: nothing in it runs any more."""


@dataclass
class Provider:
    """SES and SNS: keeps what it accepted. `fault` is called around each acceptance."""

    accepted: list[dict[str, Any]] = field(default_factory=list)
    around: Callable[[str, Callable[[], dict[str, Any]]], dict[str, Any]] = lambda _name, call: call()

    def send_email(self, **request: Any) -> dict[str, Any]:
        """Accept an e-mail."""
        return self.around("SendEmail", lambda: self._accept(request))

    def publish(self, **request: Any) -> dict[str, Any]:
        """Accept an SMS."""
        return self.around("Publish", lambda: self._accept(request))

    def _accept(self, request: dict[str, Any]) -> dict[str, Any]:
        self.accepted.append(request)
        return {"MessageId": f"provider-{len(self.accepted)}"}


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    """The provider behind messaging, in memory."""
    # Switched off, they are never emptied by themselves, and warn after a hundred.
    metrics.clear_metrics()
    made = Provider()
    monkeypatch.setattr(messaging, "_provider", lambda _service: made)
    monkeypatch.setenv("SENDER_EMAIL", "no-reply@meterflow.example")
    monkeypatch.setenv("OPERATORS_EMAIL", "operators@meterflow.example")
    return made


@pytest.fixture
def person(aws: None) -> Callable[..., None]:
    """`person(customer_id, name=…, preferences=…)` puts a customer into the table."""
    del aws
    table = boto3.resource("dynamodb").Table("meterflow-CustomersTable")

    def put(customer_id: str = CUSTOMER, **item: Any) -> None:
        contact = {"name": "Ada Lovelace", "email": "ada@example.com", "phone": "+34600000001"}
        table.put_item(Item={"customer_id": customer_id, **contact, **item})

    return put


@dataclass
class Machine:
    """Walks the four steps as statemachines/maintenance_notification.asl.json does, with its retries and catches."""

    steps: dict[str, ModuleType]
    context: Any

    @staticmethod
    def death(_call: str = "") -> BaseException:
        """What a dying process raises, for tests to raise."""
        return Killed()

    def run(self, workflow_input: dict[str, Any], execution_id: str = "execution-1") -> str:
        """The execution's end: the outcome of its last step, or the name of its Fail state."""
        try:
            state = self._task("claim_message", {**workflow_input, "execution_id": execution_id})
        except (Exception, Killed):  # noqa: BLE001 - Catch States.ALL
            return "MessageNotClaimed"
        if state["outcome"] != "CLAIMED":
            return str(state["outcome"])
        failed = False
        try:
            state = self._task("compose_message", state)
            state = self._task("send_message", {**state, "attempt": f"{execution_id}#"})
        except (Exception, Killed):  # noqa: BLE001 - Catch States.ALL
            state, failed = {**state, "outcome": "ERROR"}, True
        try:
            outcome = str(self._task("settle_message", state)["outcome"])
        except (Exception, Killed):  # noqa: BLE001 - Catch States.ALL
            return "MessageNotSettled"
        return "MessageNotSent" if failed and outcome != "SENT" else outcome

    def _task(self, step: str, payload: dict[str, Any]) -> dict[str, Any]:
        outages, deaths = 5, 1
        while True:
            try:
                result: dict[str, Any] = self.steps[step].handler(dict(payload), self.context)
            except TransientError:
                if not outages:
                    raise
                outages -= 1
            except Killed:
                if not deaths:
                    raise
                deaths -= 1
            else:
                return result


@pytest.fixture
def machine(
    load_handler: Callable[[str, str], ModuleType], lambda_context: Any, person: Any, provider: Provider
) -> Machine:
    """The four functions in a row, with the seeded customer in the table."""
    person()
    del provider
    names = ("claim_message", "compose_message", "send_message", "settle_message")
    return Machine({name: load_handler("maintenance_notification", name) for name in names}, lambda_context)


@pytest.fixture
def rows() -> Callable[[], list[Notification]]:
    """`rows()` is every row of the ledger."""

    def read() -> list[Notification]:
        items = boto3.resource("dynamodb").Table("meterflow-NotificationsTable").scan()["Items"]
        return [ledger.read(item["notification_id"]) for item in items]

    return read


@pytest.fixture
def around_calls(monkeypatch: pytest.MonkeyPatch, provider: Provider) -> Callable[[Any], None]:
    """`around_calls(f)` puts `f(name, call)` around every call of AWS and of the provider that the steps make."""
    original = BaseClient._make_api_call

    def install(around: Callable[[str, Callable[[], Any]], Any]) -> None:
        monkeypatch.setattr(
            BaseClient,
            "_make_api_call",
            lambda self, name, arguments: around(name, lambda: original(self, name, arguments)),
        )
        provider.around = around

    return install
