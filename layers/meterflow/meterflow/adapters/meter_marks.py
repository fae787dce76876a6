"""What a settled submission changes in its meter's row: latest reading, its risk, and the mark of the open review.

A transaction may touch a row once, and a condition that does not hold refuses all of it. So there is one write for
each case, the one that changes most first; whoever settles tries them in order, and at last without the meter. What
does not hold for a submission never holds again (a latest does not go back in time, and no old review takes the mark
back from a newer one), so the first write that is let through is the whole of it.
"""

from collections.abc import Mapping
from typing import Any

from meterflow import settings
from meterflow.adapters.items import to_item
from meterflow.meter import Latest
from meterflow.reading import Status

_NO_GOING_BACK = (
    "attribute_exists(meter_id) AND (attribute_not_exists(latest)"
    " OR latest.taken_at < :taken_at OR latest.submission_id = :submission_id)"
)
_MARKED = "open_review = :submission_id"


def writes(
    meter_id: str, latest: Latest, *, status: Status, reviewed: bool, risk_level: str | None
) -> list[dict[str, Any]]:
    """The updates of a meter to try when the submission that `latest` tells of settles as `status`.

    `reviewed` says that it was NEEDS_REVIEW until now. `risk_level` is the score of exactly this value, None where it
    has none; then the meter has no risk any more either, for what is shown belongs to the latest reading.
    """
    mine = {":submission_id": latest.submission_id}
    if status == Status.NEEDS_REVIEW:
        # Of two reviews the newer shows, as with open_job.
        return [_update(meter_id, "SET open_review = :submission_id", "attribute_exists(meter_id)", mine)]
    unmark = [_update(meter_id, "REMOVE open_review", _MARKED, mine)] if reviewed else []
    if status != Status.ACCEPTED:
        return unmark
    sets, removes = ["latest = :latest"], []
    values = {":latest": to_item(latest), ":taken_at": latest.taken_at, **mine}
    if risk_level is None:
        removes.append("risk_level")
    else:
        sets.append("risk_level = :risk_level")
        values[":risk_level"] = risk_level
    newer = _update(meter_id, _expression(sets, removes), _NO_GOING_BACK, values)
    if not reviewed:
        return [newer]
    both = _update(meter_id, _expression(sets, [*removes, "open_review"]), f"{_MARKED} AND {_NO_GOING_BACK}", values)
    return [both, newer, *unmark]


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
