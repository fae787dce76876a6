"""SettleMessage: the ledger decides what a promise ended as, and each is counted once."""

from typing import Any

import pytest

from meterflow.message import NOT_SENT, Status


@pytest.fixture
def step(machine: Any, lambda_context: Any, event: Any) -> Any:
    return lambda name: machine.steps[name].handler(event(f"maintenance_notification/{name}"), lambda_context)


@pytest.fixture
def counted(machine: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    metrics = machine.steps["settle_message"].metrics
    original = metrics.add_metric

    def note(name: str, **more: Any) -> None:
        names.append(name)
        original(name=name, **more)

    monkeypatch.setattr(metrics, "add_metric", note)
    return names


def test_a_sent_message_is_closed_and_counted_once(step: Any, rows: Any, counted: list[str]) -> None:
    for name in ("claim_message", "compose_message", "send_message", "settle_message"):
        result = step(name)
    assert result["outcome"] == "SENT"
    assert rows()[0].settled_at is not None
    step("settle_message")
    assert counted.count("MessageSent") == counted.count("MessageHandedOver") == 1


@pytest.mark.parametrize("steps", [["claim_message"], ["claim_message", "compose_message"]])
def test_what_was_never_handed_over_failed(step: Any, rows: Any, counted: list[str], steps: list[str]) -> None:
    for name in steps:
        step(name)
    assert step("settle_message")["outcome"] == "FAILED"
    assert (rows()[0].status, rows()[0].reason) == (Status.FAILED, NOT_SENT)
    assert "MessageFailed" in counted


def test_a_lost_answer_is_uncertain_until_the_first_attempt_comes_back(
    step: Any, rows: Any, provider: Any, counted: list[str], event: Any
) -> None:
    from meterflow import clock
    from meterflow.adapters import ledger

    for name in ("claim_message", "compose_message"):
        step(name)
    attempt, (row,) = event("maintenance_notification/send_message")["attempt"], rows()
    ledger.begin_sending(row.notification_id, attempt)
    assert step("send_message")["outcome"] == "UNCERTAIN"
    assert step("settle_message")["outcome"] == "UNCERTAIN"
    assert "MessageUncertain" in counted
    assert not provider.accepted
    assert ledger.record_sent(row.notification_id, attempt, "late", clock.now())
    assert rows()[0].status is Status.SENT
