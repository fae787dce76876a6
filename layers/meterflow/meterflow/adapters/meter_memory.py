"""What scoring remembers of one meter or sensor: its tolerance, and the online state of its scorers.

These are rows of the SensorResults table under a partition of their own, `state#<sensor_id>`, so that a query for the
results of a sensor between two times never meets them: sort key `tolerance`, and `scorer#<name>` for each scorer. Each
is written on condition that its version is the one that was read: of two executions one wins, the other reads again.
A row that nobody touches is forgotten by its TTL.
"""

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from boto3.dynamodb.conditions import Key
from boto3.dynamodb.types import Binary
from botocore.exceptions import ClientError

from meterflow import settings, tolerance
from meterflow.adapters.aws import aws_calls, error_code, table
from meterflow.clock import from_text
from meterflow.errors import BrokenInvariant, TransientError
from meterflow.tolerance import Tolerance

PREFIX = "state#"
TOLERANCE = "tolerance"
SCORER = "scorer#"
# A meter that nobody read for more than a year starts anew.
STATE_KEPT = timedelta(days=400)
ROUNDS = 8
# DynamoDB's item holds 400 kB; a scorer's state is promised to be below 30 kB of JSON.
LARGEST_STATE = 30_000


@dataclass(frozen=True)
class ScorerState:
    """The state of one scorer: `content` as its `to_item` gave it, and the time of the newest row that it has seen."""

    content: Mapping[str, Any]
    newest_at: str
    version: int


@dataclass(frozen=True)
class Memory:
    """Everything that is remembered of a sensor; `scorers` by name."""

    tolerance: Tolerance | None
    scorers: Mapping[str, ScorerState]


def load(sensor_id: str) -> Memory:
    """What is remembered of the sensor, read consistently in one query."""
    with aws_calls():
        answer = _table().query(KeyConditionExpression=Key("sensor_id").eq(PREFIX + sensor_id), ConsistentRead=True)
    rows = {str(item["timestamp"]): item for item in answer["Items"]}
    scorers = {name.removeprefix(SCORER): _state(row) for name, row in rows.items() if name.startswith(SCORER)}
    learned = rows.get(TOLERANCE)
    return Memory(Tolerance.model_validate(learned) if learned else None, scorers)


def load_state(sensor_id: str, name: str) -> ScorerState | None:
    """The state of one scorer, read consistently, or None."""
    item = _get(sensor_id, SCORER + name)
    return _state(item) if item else None


def change_state(
    sensor_id: str,
    name: str,
    at: str,
    advance: Callable[[Mapping[str, Any] | None, str | None], Mapping[str, Any]],
    now: datetime,
) -> bool:
    """Let the scorer's state take in the row of the moment `at`; False where it has seen that moment or a later one.

    `advance` makes the new content from the old one and the moment up to which that goes (both None for the first
    row), and may be called several times. Safe to repeat: the second time finds the moment seen. Raises
    TransientError where others win every round.
    """
    for _ in range(ROUNDS):
        before = load_state(sensor_id, name)
        if before is not None and before.newest_at >= at:
            return False
        made = advance(before.content, before.newest_at) if before else advance(None, None)
        if save_state(sensor_id, name, before, made, at, now):
            return True
    raise TransientError("the scorer's state is busy")


def save_state(
    sensor_id: str, name: str, before: ScorerState | None, content: Mapping[str, Any], at: str, now: datetime
) -> bool:
    """Write a scorer's state over the one that was read (`before`). False where another was written meanwhile."""
    packed = gzip.compress(json.dumps(content).encode(), mtime=0)
    if len(packed) > LARGEST_STATE:
        raise BrokenInvariant(f"the state of {name} has grown to {len(packed)} bytes")
    version = before.version if before else 0
    row = {"newest_at": at, "content": packed, "version": version + 1}
    return _put(sensor_id, SCORER + name, row, version, now + STATE_KEPT)


def teach(sensor_id: str, alert_id: str, now: datetime) -> Tolerance:
    """Widen the sensor's limits because of one alarm, once; return what holds. Raises TransientError where it is
    busy."""
    for _ in range(ROUNDS):
        item = _get(sensor_id, TOLERANCE)
        before = Tolerance.model_validate(item) if item else None
        after = tolerance.raised(before, alert_id, now)
        if after == before:
            return after
        row = after.model_dump() | {"multiplier": after.multiplier, "alerts": list(after.alerts)}
        if _put(sensor_id, TOLERANCE, row, before.version if before else 0, from_text(after.until)):
            return after
    raise TransientError("the sensor's tolerance is busy")


def _state(item: Mapping[str, Any]) -> ScorerState:
    content = item["content"]
    packed = content.value if isinstance(content, Binary) else content
    return ScorerState(json.loads(gzip.decompress(packed)), str(item["newest_at"]), int(item["version"]))


def _get(sensor_id: str, name: str) -> dict[str, Any] | None:
    with aws_calls():
        answer = _table().get_item(Key={"sensor_id": PREFIX + sensor_id, "timestamp": name}, ConsistentRead=True)
    item: dict[str, Any] | None = answer.get("Item")
    return item


def _put(sensor_id: str, name: str, row: Mapping[str, Any], version: int, until: datetime) -> bool:
    """Write the row over the one of `version` (0: over none). False where that is no longer so."""
    condition = "version = :version" if version else "attribute_not_exists(sensor_id)"
    key = {"sensor_id": PREFIX + sensor_id, "timestamp": name}
    item = {**row, **key, "expires_at": int(until.timestamp())}
    request: dict[str, Any] = {"Item": item, "ConditionExpression": condition}
    if version:
        request["ExpressionAttributeValues"] = {":version": Decimal(version)}
    with aws_calls():
        try:
            _table().put_item(**request)
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            return False
    return True


def _table() -> Any:
    return table(settings.setting("SENSOR_RESULTS_TABLE"))
