"""Alarms: written once, published to the topic of their severity, settled."""

import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from meterflow.adapters import alerts
from meterflow.alert import Alert, Predictions, new_alert
from meterflow.errors import BrokenInvariant, NotConfigured

NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)


def alarm(**changes: Any) -> Alert:
    given: dict[str, Any] = {
        "alert_id": "ALERT-2026-11-21-341A8F576DED",
        "submission_id": "s-1",
        "meter_id": "WTR-0001",
        "alert_type": "LEAK_DETECTED",
        "zone": "STANDARD",
        "location": "38.34520,-0.48301",
        "risk_level": "CRITICAL",
        "predictions": Predictions(leak_probability=0.85, burst_probability=0.15),
        "trend": "Why.",
        "recent_readings": (),
        "now": NOW,
    }
    return new_alert(**(given | changes))


@pytest.fixture
def heard(aws: None, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ARG001
    """`heard(topic)` takes what arrived on "critical", "maintenance" or "system"."""
    sns, sqs = boto3.client("sns"), boto3.client("sqs")
    queues = {}
    for name, variable in alerts.TOPIC_SETTINGS.items():
        topic = sns.create_topic(Name=name)["TopicArn"]
        queues[name] = sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queues[name], AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        monkeypatch.setenv(variable, topic)

    def take(name: str) -> list[dict[str, Any]]:
        messages = sqs.receive_message(QueueUrl=queues[name], MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in messages]

    return take


@pytest.mark.usefixtures("aws")
def test_claiming_twice_keeps_the_first() -> None:
    first = alerts.claim(alarm())
    again = alerts.claim(alarm(now=NOW + timedelta(hours=1)))
    assert again == first == alerts.get("ALERT-2026-11-21-341A8F576DED")
    assert first.raised_at == "2026-11-21T08:30:00Z"


@pytest.mark.usefixtures("aws")
def test_an_id_that_two_submissions_share_is_a_bug_and_not_a_lost_alarm() -> None:
    alerts.claim(alarm())
    with pytest.raises(BrokenInvariant):
        alerts.claim(alarm(submission_id="s-2"))


@pytest.mark.parametrize(("level", "topic"), [("CRITICAL", "critical"), ("HIGH", "maintenance")])
def test_the_severity_chooses_the_topic(heard: Any, level: str, topic: str) -> None:
    alert = alarm(risk_level=level)
    alerts.publish(alert)
    (message,) = heard(topic)
    assert json.loads(message["Message"]) == alert.document()
    assert message["Subject"] == f"{level} LEAK_DETECTED WTR-0001"
    assert message["MessageAttributes"]["severity"]["Value"] == level
    assert message["MessageAttributes"]["facility_zone"]["Value"] == "STANDARD"
    assert [heard(other) for other in alerts.TOPIC_SETTINGS if other != topic] == [[], []]


@pytest.mark.usefixtures("aws")
def test_a_missing_topic_is_named() -> None:
    with pytest.raises(NotConfigured, match="CRITICAL_ALERTS_TOPIC"):
        alerts.publish(alarm())


@pytest.mark.usefixtures("aws")
def test_settling_keeps_the_first_time() -> None:
    alerts.claim(alarm())
    alerts.settle("ALERT-2026-11-21-341A8F576DED", NOW)
    alerts.settle("ALERT-2026-11-21-341A8F576DED", NOW + timedelta(hours=1))
    stored = alerts.get("ALERT-2026-11-21-341A8F576DED")
    assert stored is not None
    assert stored.published_at == "2026-11-21T08:30:00Z"


@pytest.mark.usefixtures("aws")
def test_the_row_has_the_keys_of_its_index() -> None:
    alerts.claim(alarm())
    found = (
        boto3.resource("dynamodb")
        .Table(os.environ["ALERTS_TABLE"])
        .query(
            IndexName="meter-index",
            KeyConditionExpression=boto3.dynamodb.conditions.Key("meter_id").eq("WTR-0001"),
        )
    )
    assert [row["alert_id"] for row in found["Items"]] == ["ALERT-2026-11-21-341A8F576DED"]
