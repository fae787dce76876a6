"""A sample of the live scores with what the model saw, by version: for drift and for the canary.

Every fourth row of SensorResults that a model scored carries `sample` = `<kind>#<version>`, its `probabilities` and its
`features`. Only these rows are in the index `sample-index` (a sparse one), newest first, so looking at a day costs
the same however many meters there are.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from boto3.dynamodb.conditions import Key

from meterflow import settings
from meterflow.adapters.aws import aws_calls, table
from meterflow.canary import ScoredRow
from meterflow.clock import to_text
from meterflow.model_registry import share_of

INDEX = "sample-index"
SHARE = 0.25
_SALT = "sample"
# Six figures are enough for a share of a bin, and keep the row small.
_FIGURES = ".6g"


def sample_of(
    kind: str,
    version: str,
    sensor_id: str,
    timestamp: str,
    probabilities: Mapping[str, float],
    features: Mapping[str, float | None],
    *,
    alarming: bool = False,
) -> dict[str, Any]:
    """What a scored row's item has beside the score: nothing for three rows of four. Absent features are left out.

    An `alarming` row always keeps what the model saw, because somebody may say later whether it was right; in the
    sample it is only by the same chance as every other, else the sample would be full of alarms.
    """
    sampled = share_of(_SALT, f"{sensor_id} {timestamp}") < SHARE
    if not (sampled or alarming):
        return {}
    known = {name: Decimal(format(value, _FIGURES)) for name, value in features.items() if value is not None}
    said = {name: Decimal(format(value, _FIGURES)) for name, value in probabilities.items()}
    seen = {"probabilities": said, "features": known}
    return {"sample": sample_key(kind, version), **seen} if sampled else seen


def sample_key(kind: str, version: str) -> str:
    """What the sampled rows of a version are found by."""
    return f"{kind}#{version}"


def newest(kind: str, version: str, since: datetime, most: int) -> list[ScoredRow]:
    """At most `most` sampled rows of the version with a time of `since` or later, the newest first.

    Raises TransientError on an outage.
    """
    request: dict[str, Any] = {
        "IndexName": INDEX,
        "KeyConditionExpression": Key("sample").eq(sample_key(kind, version)) & Key("timestamp").gte(to_text(since)),
        "ScanIndexForward": False,
        "Limit": min(most, 1000),
    }
    rows: list[ScoredRow] = []
    with aws_calls():
        while len(rows) < most:
            page = table(settings.setting("SENSOR_RESULTS_TABLE")).query(**request)
            rows += [_row(item) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                break
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
    return rows[:most]


def row(sensor_id: str, timestamp: str) -> ScoredRow | None:
    """What the model saw of this row and said to it, or None where that was not kept, or no longer is."""
    with aws_calls():
        found = table(settings.setting("SENSOR_RESULTS_TABLE")).get_item(
            Key={"sensor_id": sensor_id, "timestamp": timestamp}
        )
    item = found.get("Item", {})
    return _row(item) if "features" in item else None


def _row(item: Mapping[str, Any]) -> ScoredRow:
    return ScoredRow(
        str(item["sensor_id"]),
        str(item["timestamp"]),
        {str(name): float(value) for name, value in item["probabilities"].items()},
        {str(name): float(value) for name, value in item["features"].items()},
    )
