"""The SensorResults table: scores, kept 30 days."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from meterflow import settings
from meterflow.adapters.aws import aws_calls, error_code, table
from meterflow.adapters.items import to_item
from meterflow.sensor_result import SensorResult

KEPT = timedelta(days=30)


def get(sensor_id: str, timestamp: str) -> SensorResult | None:
    """The score of one moment, read consistently, or None."""
    key = {"sensor_id": sensor_id, "timestamp": timestamp}
    with aws_calls():
        answer = table(settings.setting("SENSOR_RESULTS_TABLE")).get_item(Key=key, ConsistentRead=True)
    return SensorResult.model_validate(answer["Item"]) if "Item" in answer else None


def before(sensor_id: str, timestamp: str, limit: int) -> list[SensorResult]:
    """Up to `limit` (at least 1) scores of a sensor before a moment, the newest first."""
    with aws_calls():
        answer = table(settings.setting("SENSOR_RESULTS_TABLE")).query(
            KeyConditionExpression=Key("sensor_id").eq(sensor_id) & Key("timestamp").lt(timestamp),
            ScanIndexForward=False,
            Limit=limit,
        )
    return [SensorResult.model_validate(item) for item in answer["Items"]]


def put(result: SensorResult, now: datetime, more: Mapping[str, Any] | None = None) -> bool:
    """Keep `result` until 30 days after `now`. False where another submission's score has its sensor and moment.

    `more` are attributes beside it, such as what makes the row part of a sample.

    Scoring the same submission again overwrites its own row, except that an alarm was sent. Raises TransientError on
    an outage.
    """
    item = to_item(result) | dict(more or {})
    key = {name: item.pop(name) for name in ("sensor_id", "timestamp")}
    item["expires_at"] = int((now + KEPT).timestamp())
    sets = [f"#{name} = :{name}" for name in item]
    return _update(
        key,
        "SET " + ", ".join([*sets, "alert_sent = if_not_exists(alert_sent, :no)"]),
        "attribute_not_exists(sensor_id) OR submission_id = :submission_id",
        {f":{name}": value for name, value in item.items()} | {":no": False},
        {f"#{name}": name for name in item},
    )


def mark_alerted(sensor_id: str, timestamp: str, submission_id: str) -> bool:
    """Note that an alarm about the submission's score was sent. False where its score is not kept."""
    return _update(
        {"sensor_id": sensor_id, "timestamp": timestamp},
        "SET alert_sent = :yes",
        "submission_id = :submission_id",
        {":yes": True, ":submission_id": submission_id},
    )


def _update(
    key: dict[str, str],
    expression: str,
    condition: str,
    values: dict[str, Any],
    names: dict[str, str] | None = None,
) -> bool:
    """Update the row under `condition`; False where the condition fails."""
    request: dict[str, Any] = {
        "Key": key,
        "UpdateExpression": expression,
        "ConditionExpression": condition,
        "ExpressionAttributeValues": values,
    }
    if names:
        request["ExpressionAttributeNames"] = names
    with aws_calls():
        try:
            table(settings.setting("SENSOR_RESULTS_TABLE")).update_item(**request)
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            return False
    return True
