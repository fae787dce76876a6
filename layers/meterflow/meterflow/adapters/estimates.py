"""Meters that need an estimate, and the scores of estimates, counted once in a scorecard by month and rule."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from boto3.dynamodb.conditions import Attr
from botocore.exceptions import ClientError

from meterflow import settings
from meterflow.adapters.aws import aws_calls, error_code, table
from meterflow.clock import to_text
from meterflow.errors import TransientError
from meterflow.estimation import Score
from meterflow.meter import Meter
from meterflow.reading import Reading


def unread_meters(before: str) -> Iterator[Meter]:
    """Active meters whose latest reading was taken before `before`.

    A scan of the whole table, a few times a night: a million meters of 1 kB are read in a minute for some 15 cents; an
    index that every reading would write costs more.
    """
    request: dict[str, Any] = {
        "FilterExpression": Attr("latest.taken_at").lt(before) & Attr("active").eq(True),
    }
    while True:
        with aws_calls():
            answer = table(settings.setting("METERS_TABLE")).scan(**request)
        for item in answer["Items"]:
            yield Meter.model_validate(item)
        if "LastEvaluatedKey" not in answer:
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def store_score(row: Reading, score: Score, scored_by: str, now: datetime) -> bool:
    """Keep the score with the estimate and count it in the scorecard of the estimate's month, both or neither.

    False where it was scored before; then nothing changes. Raises TransientError on an outage or a collision.
    """
    rule = row.estimate.rule if row.estimate else "unknown"
    said = {
        "error": str(score.error),
        "share": str(score.share),
        "inside": score.inside,
        "scored_by": scored_by,
        "scored_at": to_text(now),
    }
    client = table(settings.setting("READINGS_TABLE")).meta.client
    writes = [
        {
            "Update": {
                "TableName": settings.setting("READINGS_TABLE"),
                "Key": {"submission_id": row.submission_id},
                "UpdateExpression": "SET score = :score",
                "ConditionExpression": "attribute_exists(submission_id) AND attribute_not_exists(score)",
                "ExpressionAttributeValues": {":score": said},
            }
        },
        {
            "Update": {
                "TableName": settings.setting("CLAIMS_TABLE"),
                "Key": {"claim_key": scorecard_key(row.taken_at[:7], rule)},
                "UpdateExpression": "ADD scored :one, inside :inside, share_sum :share",
                "ExpressionAttributeValues": {
                    ":one": 1,
                    ":inside": int(score.inside),
                    ":share": abs(score.share),
                },
            }
        },
    ]
    with aws_calls():
        try:
            client.transact_write_items(TransactItems=writes)
        except ClientError as error:
            if error_code(error) != "TransactionCanceledException":
                raise
            codes = [reason.get("Code", "None") for reason in error.response["CancellationReasons"]]
            if codes[0] == "ConditionalCheckFailed":
                return False
            raise TransientError(f"transaction cancelled: {', '.join(codes)}") from error
    return True


def scorecard_key(month: str, rule: str) -> str:
    """The row that counts the scores of a month (2026-11) and rule. It has no expiry."""
    return f"scorecard#{month}#{rule}"


def scorecard(month: str, rule: str) -> dict[str, Decimal]:
    """The month's scores of a rule: how many, the share inside the interval, and the mean absolute error's share."""
    with aws_calls():
        key = {"claim_key": scorecard_key(month, rule)}
        row = table(settings.setting("CLAIMS_TABLE")).get_item(Key=key, ConsistentRead=True).get("Item", {})
    count = Decimal(row.get("scored", 0))
    if not count:
        return {"scored": Decimal(0)}
    return {
        "scored": count,
        "inside": (Decimal(row["inside"]) / count).quantize(Decimal("0.0001")),
        "mean_error": (Decimal(row["share_sum"]) / count).quantize(Decimal("0.0001")),
    }
