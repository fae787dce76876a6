"""What a settled submission changes in its meter's row: latest reading, its risk, and the marks of open reviews.

A transaction may touch a row once, and a condition that does not hold refuses all of it. So there is one write for
each case, the one that changes most first; whoever settles tries them in order, and at last without the meter. What
does not hold for a submission never holds again (a latest does not go back in time), so the first write that is let
through is the whole of it. `open_reviews` is a set to which each review adds itself and from which it takes itself out:
neither needs to know of the others, and doing it twice changes nothing.
"""

from collections.abc import Collection, Mapping
from typing import Any

from meterflow import settings
from meterflow.adapters.items import to_item
from meterflow.meter import Exchange, Latest
from meterflow.reading import Status

_NO_GOING_BACK = (
    "attribute_exists(meter_id) AND (attribute_not_exists(latest)"
    " OR latest.taken_at < :taken_at OR latest.submission_id = :submission_id)"
)
_EXISTS = "attribute_exists(meter_id)"
_MINE = "open_reviews :mine"


def writes(
    meter_id: str,
    latest: Latest,
    *,
    status: Status,
    reviewed: bool,
    risk_level: str | None,
    answers: Collection[str] = (),
    exchange: Exchange | None = None,
) -> list[dict[str, Any]]:
    """The updates of a meter to try when the submission that `latest` tells of settles as `status`.

    `reviewed` says that it was NEEDS_REVIEW until now. `risk_level` is the score of exactly this value, None where it
    has none; then the meter has no risk any more either, for what is shown belongs to the latest reading. `answers`
    are earlier submissions in review that this accepted one settles: their marks go as well. `exchange` is recorded
    where the reading was the first of a new meter.
    """
    mine = {":submission_id": latest.submission_id}
    marks = {":mine": {latest.submission_id}}
    if status == Status.NEEDS_REVIEW:
        return [_update(meter_id, f"ADD {_MINE}", _EXISTS, marks)]
    unmark = [_update(meter_id, f"DELETE {_MINE}", _EXISTS, marks)] if reviewed else []
    if status != Status.ACCEPTED:
        return unmark
    sets, removes = ["latest = :latest"], []
    values: dict[str, Any] = {":latest": to_item(latest), ":taken_at": latest.taken_at, **mine}
    if risk_level is None:
        removes.append("risk_level")
    else:
        sets.append("risk_level = :risk_level")
        values[":risk_level"] = risk_level
    if exchange:
        sets.append("exchanges = list_append(if_not_exists(exchanges, :none), :exchange)")
        sets.append("serial_number = :serial_number")
        values |= {":none": [], ":exchange": [to_item(exchange)], ":serial_number": exchange.new_serial_number}
    newer = _expression(sets, removes)
    done = set(answers) | ({latest.submission_id} if reviewed else set())
    if not done:
        return [_update(meter_id, newer, _NO_GOING_BACK, values)]
    unmark = [_update(meter_id, f"DELETE {_MINE}", _EXISTS, {":mine": done})]
    both = _update(meter_id, f"{newer} DELETE {_MINE}", _NO_GOING_BACK, {**values, ":mine": done})
    return [both, *unmark]


def _expression(sets: list[str], removes: list[str]) -> str:
    return f"SET {', '.join(sets)}" + (f" REMOVE {', '.join(removes)}" if removes else "")


def _update(meter_id: str, update: str, condition: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "TableName": settings.setting("METERS_TABLE"),
        "Key": {"meter_id": meter_id},
        "UpdateExpression": update,
        "ConditionExpression": condition,
        "ExpressionAttributeValues": dict(values),
    }
