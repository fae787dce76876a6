"""One message to one person about one event, on the way that the person chose, or none."""

import json
import uuid
from typing import Any

from boto3.dynamodb.conditions import Key

from meterflow import ids
from tests.integration.conftest import Cloud

TIMES = 10


def person(laptop: Cloud, **changes: Any) -> dict[str, Any]:
    """A customer of the test's own in the table."""
    number = uuid.uuid4()
    preferences = {"channel": "email", "language": "en", "timezone": "Europe/Madrid", "topics_off": []}
    preferences |= changes.pop("preferences", {})
    row = {
        "customer_id": str(number),
        "name": "Iria Test",
        "email": f"{number.hex[:12]}@example.org",
        "phone": f"+346{number.int % 10**8:08d}",
        "preferences": preferences,
    } | changes
    laptop.table("Customers").put_item(Item={name: value for name, value in row.items() if value})
    return row


def settled_event(customer_id: str, **changes: Any) -> dict[str, Any]:
    """The detail of ReadingSettled."""
    submission_id = str(uuid.uuid4())
    return {
        "event_id": submission_id,
        "submission_id": submission_id,
        "meter_id": "WTR-0001",
        "customer_id": customer_id,
        "status": "ACCEPTED",
        "quality": "valid",
        "value": "00123.456",
        "unit": "m3",
        "kind": "water",
        "taken_at": "2026-11-20T08:00:00Z",
        "reasons": [],
        "risk_level": "LOW",
    } | changes


def publish(laptop: Cloud, detail_type: str, detail: dict[str, Any], times: int = 1) -> None:
    event = {
        "EventBusName": laptop.outputs["EventBusName"],
        "Source": "meterflow",
        "DetailType": detail_type,
        "Detail": json.dumps(detail),
    }
    assert laptop.client("events").put_events(Entries=[event] * times)["FailedEntryCount"] == 0


def ended(laptop: Cloud, event_id: str, count: int) -> list[str]:
    """How the executions about the event ended, once all `count` of them have."""
    states = laptop.client("stepfunctions")
    machine = laptop.outputs["MaintenanceNotificationStateMachineArn"]
    known: dict[str, str] = {}

    def ours(arn: str) -> bool:
        if arn not in known:
            known[arn] = states.describe_execution(executionArn=arn)["input"]
        return event_id in known[arn]

    def all_ended() -> Any:
        newest = states.list_executions(stateMachineArn=machine, maxResults=100)["executions"]
        statuses = [one["status"] for one in newest if ours(one["executionArn"])]
        return len(statuses) == count and "RUNNING" not in statuses and statuses

    found: list[str] = laptop.eventually(all_ended, 60)
    return found


def ledger(laptop: Cloud, recipient: str) -> list[dict[str, Any]]:
    """The recipient's rows of the ledger."""
    found: list[dict[str, Any]] = laptop.table("Notifications").query(
        IndexName="recipient-index", KeyConditionExpression=Key("recipient").eq(recipient)
    )["Items"]
    return found


def closed(laptop: Cloud, event_id: str, recipient: str) -> dict[str, Any]:
    """The ledger's row of the promise when it is closed."""
    key = {"notification_id": ids.derived_id(event_id, recipient)}
    table = laptop.table("Notifications")
    found: dict[str, Any] = laptop.eventually(
        lambda: (row := table.get_item(Key=key).get("Item", {})).get("settled_at") and row
    )
    return found


def test_the_same_event_ten_times_is_one_message(laptop: Cloud) -> None:
    who = person(laptop)
    event = settled_event(who["customer_id"])
    publish(laptop, "ReadingSettled", event, times=TIMES)
    assert ended(laptop, event["event_id"], TIMES) == ["SUCCEEDED"] * TIMES
    (message,) = laptop.messages(event["event_id"])
    assert (message.channel, message.to) == ("email", who["email"])
    assert "123.456" in message.text
    assert message.text.rstrip().endswith(f"Ref {event['event_id'][:8]}")
    (row,) = ledger(laptop, who["customer_id"])
    assert (row["status"], row["provider_message_id"]) == ("SENT", message.message_id)
    assert who["email"] not in json.dumps(row, default=str)
    # Again, long after: the promise is kept already.
    publish(laptop, "ReadingSettled", event)
    ended(laptop, event["event_id"], TIMES + 1)
    assert len(laptop.messages(event["event_id"])) == 1


def test_two_events_are_two_messages(laptop: Cloud) -> None:
    who = person(laptop)
    events = [settled_event(who["customer_id"]) for _ in range(2)]
    for event in events:
        publish(laptop, "ReadingSettled", event)
    for event in events:
        assert closed(laptop, event["event_id"], who["customer_id"])["status"] == "SENT"
        assert len(laptop.messages(event["event_id"])) == 1


def test_who_prefers_text_messages_gets_one_and_no_e_mail(laptop: Cloud) -> None:
    who = person(laptop, preferences={"channel": "sms", "language": "es"})
    event = settled_event(who["customer_id"])
    publish(laptop, "ReadingSettled", event)
    (message,) = laptop.eventually(lambda: laptop.messages(event["event_id"]))
    assert (message.channel, message.to) == ("sms", who["phone"])
    assert "Contador" in message.text
    closed(laptop, event["event_id"], who["customer_id"])
    assert [one.channel for one in laptop.messages(event["event_id"])] == ["sms"]


def test_a_topic_that_is_off_leaves_a_row_and_no_message(laptop: Cloud) -> None:
    who = person(laptop, preferences={"topics_off": ["reading_settled"]})
    event = settled_event(who["customer_id"])
    publish(laptop, "ReadingSettled", event)
    row = closed(laptop, event["event_id"], who["customer_id"])
    assert (row["status"], row["reason"]) == ("SUPPRESSED", "topic_off")
    assert ended(laptop, event["event_id"], 1) == ["SUCCEEDED"]
    assert laptop.messages(event["event_id"]) == []


def test_whoever_has_no_address_is_a_failed_promise_and_not_a_lost_one(laptop: Cloud) -> None:
    who = person(laptop, email="", phone="")
    event = settled_event(who["customer_id"])
    publish(laptop, "ReadingSettled", event)
    row = closed(laptop, event["event_id"], who["customer_id"])
    assert (row["status"], row["reason"]) == ("FAILED", "no_address")
    assert laptop.messages(event["event_id"]) == []


def test_operators_are_told_of_a_review_that_nobody_decides(laptop: Cloud) -> None:
    event_id = str(uuid.uuid4())
    detail = {"event_id": event_id, "submission_id": str(uuid.uuid4()), "meter_id": "WTR-0007"}
    publish(laptop, "ReviewEscalated", detail, times=3)
    assert ended(laptop, event_id, 3) == ["SUCCEEDED"] * 3
    (message,) = laptop.messages(event_id)
    assert message.to == "operators@meterflow.example"
    assert "WTR-0007" in message.text


def test_a_hostile_name_stays_text(laptop: Cloud) -> None:
    who = person(laptop, name="<img src=x onerror=alert(1)>\r\nBcc: all@example.com")
    event = settled_event(who["customer_id"], meter_id="</p><script>alert(1)</script>")
    publish(laptop, "ReadingSettled", event)
    (message,) = laptop.eventually(lambda: laptop.messages(event["event_id"]))
    assert "<script" not in message.html
    assert "<img" not in message.html
    assert "\n" not in message.subject
    assert "\nBcc:" not in message.text


def test_an_event_of_nobodys_meter_ends_without_a_row(laptop: Cloud) -> None:
    event = settled_event("")
    del event["customer_id"]
    publish(laptop, "ReadingSettled", event)
    assert ended(laptop, event["event_id"], 1) == ["SUCCEEDED"]
    assert laptop.messages(event["event_id"]) == []


def test_what_the_machine_does_not_know_fails_loudly(laptop: Cloud) -> None:
    states = laptop.client("stepfunctions")
    arn = states.start_execution(
        stateMachineArn=laptop.outputs["MaintenanceNotificationStateMachineArn"], input='{"what": "ever"}'
    )["executionArn"]
    execution = laptop.eventually(
        lambda: (found := states.describe_execution(executionArn=arn))["status"] != "RUNNING" and found
    )
    assert (execution["status"], execution["error"]) == ("FAILED", "UnknownEvent")
