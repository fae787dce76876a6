"""The steps of maintenance_notification under `sam local invoke`: one function a step, named for it."""

import json
from typing import Any

from local import inbox, invoke
from meterflow.clock import now, to_text
from tests.integration.invoke_stage import Stage

PROMISE: dict[str, Any] = json.loads(invoke.event_file("maintenance_notification/claim_message").read_text())
REFERENCE = f"Ref {PROMISE['event_id'][:8]}"
MESSAGE = {
    "event_id": PROMISE["event_id"],
    "subject": "Your reading was accepted",
    "text": f"We accepted it.\n\n{REFERENCE}",
    "html": f"<p>We accepted it.</p><p>{REFERENCE}</p>",
    "sms": f"We accepted it. {REFERENCE}",
}


def have(stage: Stage, status: str, **more: str | dict[str, str]) -> None:
    """Have the promise of the sample events in the ledger, as the step before leaves it."""
    moment = to_text(now())
    row = {
        "notification_id": stage.event["notification_id"],
        "event_id": PROMISE["event_id"],
        "topic": PROMISE["topic"],
        "recipient": PROMISE["recipient"],
        "channel": "email",
        "locale": "en",
        "status": status,
        "data": json.dumps(PROMISE["data"]),
        "holder": PROMISE["execution_id"],
        "claimed_at": moment,
        "created_at": moment,
    }
    stage.put("Notifications", row | more, "notification_id")


def stored(stage: Stage) -> dict[str, Any]:
    """The promise's row now."""
    return stage.row("Notifications", notification_id=stage.event["notification_id"])


def received(stage: Stage) -> list[inbox.InboxMessage]:
    """What reached the customer of this event so far."""
    endpoints = stage.tools.cloud.endpoints
    address = endpoints["users"]["customer"]["email"]
    messages = inbox.read(endpoints["aws_endpoint_url"])
    return [one for one in messages if one.to == address and one.text.endswith(REFERENCE)]


def claim_message(stage: Stage) -> None:
    step_after = json.loads(invoke.event_file("maintenance_notification/compose_message").read_text())
    notification_id = step_after["notification_id"]
    stage.absent("Notifications", notification_id=notification_id)
    assert stage.invoke() == step_after
    row = stage.row("Notifications", notification_id=notification_id)
    assert (row["status"], row["recipient"], row["holder"]) == (
        "CLAIMED",
        PROMISE["recipient"],
        PROMISE["execution_id"],
    )
    assert (row["channel"], row["locale"]) == ("email", "en")


def compose_message(stage: Stage) -> None:
    have(stage, "CLAIMED")
    stage.invoke()
    row = stored(stage)
    assert row["status"] == "COMPOSED"
    message = row["message"]
    customer = stage.row("Customers", customer_id=PROMISE["recipient"])
    assert customer["name"] in message["text"]
    assert "1,234.567 m³" in message["text"]
    assert message["text"].endswith(REFERENCE)
    assert message["sms"].endswith(REFERENCE)


def send_message(stage: Stage) -> None:
    have(stage, "COMPOSED", message=MESSAGE)
    before = received(stage)
    assert stage.invoke()["outcome"] == "SENT"
    # A run before this one may have sent the same; exactly one has come since.
    *earlier, new = received(stage)
    assert earlier == before
    assert (new.subject, new.text) == (MESSAGE["subject"], MESSAGE["text"])
    row = stored(stage)
    assert (row["status"], row["provider_message_id"]) == ("SENT", new.message_id)


def settle_message(stage: Stage) -> None:
    have(stage, "SENT", message=MESSAGE, sent_at=to_text(now()))
    assert stage.invoke()["outcome"] == "SENT"
    row = stored(stage)
    assert row["status"] == "SENT"
    assert row["settled_at"]
