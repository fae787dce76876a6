"""Alarms: the Alerts table and the SNS topics.

Raising one is three calls: `claim` writes the row once, `publish` sends the message, `settle` notes that it is out.
A call that dies before `settle` is repeated with its `publish`: an alarm is told at least once. That is the one effect
here that is not at most once, on purpose: a second message with the same `alert_id` costs a glance, a burst pipe that
nobody heard of costs a house.
"""

import json
from datetime import datetime
from typing import Any

from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

from meterflow import settings
from meterflow.adapters.aws import aws_calls, client, error_code, table
from meterflow.adapters.items import to_item
from meterflow.alert import Acknowledgement, Alert
from meterflow.alert_types import Topic
from meterflow.clock import to_text
from meterflow.errors import BrokenInvariant

METER_INDEX = "meter-index"
# The setting that holds each topic's ARN.
TOPIC_SETTINGS: dict[Topic, str] = {
    "critical": "CRITICAL_ALERTS_TOPIC",
    "maintenance": "MAINTENANCE_ALERTS_TOPIC",
    "system": "SYSTEM_ALERTS_TOPIC",
}


def _alerts() -> Any:
    return table(settings.setting("ALERTS_TABLE"))


def get(alert_id: str) -> Alert | None:
    """The alarm, read consistently, or None."""
    with aws_calls():
        answer = _alerts().get_item(Key={"alert_id": alert_id}, ConsistentRead=True)
    return Alert.model_validate(answer["Item"]) if "Item" in answer else None


def claim(alert: Alert) -> Alert:
    """Write `alert` unless its id is taken; return the alarm that is there now.

    The stored one counts: its time is when it was first raised. Raises BrokenInvariant where it belongs to another
    submission, TransientError on an outage.
    """
    with aws_calls():
        try:
            _alerts().put_item(Item=to_item(alert), ConditionExpression="attribute_not_exists(alert_id)")
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
        else:
            return alert
    stored = get(alert.alert_id)
    if stored is None or stored.submission_id != alert.submission_id:
        raise BrokenInvariant("two submissions share an alarm's id, or the alarm vanished")
    return stored


def publish(alert: Alert) -> None:
    """Send the alarm's document to the topic of its severity, which its subscribers may filter by attribute.

    Raises TransientError on an outage and NotConfigured without the topic's ARN.
    """
    attributes = {"severity": alert.severity, "facility_zone": alert.facility_zone, "alert_type": alert.alert_type}
    with aws_calls():
        client("sns").publish(
            TopicArn=settings.setting(TOPIC_SETTINGS[alert.topic]),
            Subject=f"{alert.severity} {alert.alert_type} {alert.sensor_id}"[:100],
            Message=json.dumps(alert.document()),
            MessageAttributes={name: {"DataType": "String", "StringValue": text} for name, text in attributes.items()},
        )


def unanswered(meter_id: str, since: datetime, but: str) -> int:
    """How many alarms of this place since then nobody has acknowledged, `but` one left out. The index lags a moment."""
    with aws_calls():
        answer = _alerts().query(
            IndexName=METER_INDEX,
            KeyConditionExpression=Key("meter_id").eq(meter_id) & Key("raised_at").gte(to_text(since)),
            FilterExpression=Attr("status").eq("ACTIVE") & Attr("alert_id").ne(but),
            ProjectionExpression="alert_id",
        )
    return len(answer["Items"])


def acknowledge(alert_id: str, answer: Acknowledgement) -> Alert | None:
    """Keep `answer` unless there is one; return the alarm as it is now, or None where there is no such alarm.

    Whether it was this answer that was kept, the alarm says.
    """
    with aws_calls():
        try:
            _alerts().update_item(
                Key={"alert_id": alert_id},
                UpdateExpression="SET #status = :acknowledged, acknowledgement = :answer",
                ConditionExpression="attribute_exists(alert_id) AND attribute_not_exists(acknowledgement)",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={":acknowledged": "ACKNOWLEDGED", ":answer": to_item(answer)},
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
    return get(alert_id)


def settle_acknowledgement(alert_id: str, now: datetime) -> None:
    """Note that everything that follows from the acknowledgement is done. The first time stays."""
    with aws_calls():
        _alerts().update_item(
            Key={"alert_id": alert_id},
            UpdateExpression="SET acknowledgement.settled_at = if_not_exists(acknowledgement.settled_at, :now)",
            ConditionExpression="attribute_exists(acknowledgement)",
            ExpressionAttributeValues={":now": to_text(now)},
        )


def set_chart(alert_id: str, chart_key: str) -> None:
    """Link the alarm to its drawn chart."""
    with aws_calls():
        _alerts().update_item(
            Key={"alert_id": alert_id},
            UpdateExpression="SET chart_key = :key",
            ConditionExpression="attribute_exists(alert_id)",
            ExpressionAttributeValues={":key": chart_key},
        )


def settle(alert_id: str, now: datetime) -> None:
    """Note that the alarm's message is out. The first time stays."""
    with aws_calls():
        _alerts().update_item(
            Key={"alert_id": alert_id},
            UpdateExpression="SET published_at = if_not_exists(published_at, :now)",
            ConditionExpression="attribute_exists(alert_id)",
            ExpressionAttributeValues={":now": to_text(now)},
        )
