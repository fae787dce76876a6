"""What operators change in a meter's row: its exchanges with the number and register it has now, and its sub-meters.

Each is one conditional write on what was read before, so two operators never undo one another.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from meterflow import settings
from meterflow.adapters.aws import aws_calls, error_code, table
from meterflow.adapters.items import to_item
from meterflow.errors import TransientError
from meterflow.meter import Meter


def change_exchanges(before: Meter, after: Meter) -> bool:
    """Write exchanges, serial number and register of `after` where the row still has the exchanges of `before`.

    False where somebody was quicker; nothing is changed then.
    """
    same, known = _same_moments(before)
    values = {
        ":exchanges": [to_item(one) for one in after.exchanges],
        ":digits": after.digits,
        ":decimals": after.decimals,
        **({":serial": after.serial_number} if after.serial_number else {}),
    }
    serial = ", serial_number = :serial" if after.serial_number else ""
    with aws_calls():
        try:
            _table().update_item(
                Key={"meter_id": before.meter_id},
                UpdateExpression=f"SET exchanges = :exchanges, digits = :digits, decimals = :decimals{serial}",
                ConditionExpression=f"attribute_exists(meter_id) AND {same}",
                ExpressionAttributeValues=values | known,
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            return False
    return True


def change_submeters(before: Meter, submeters: Sequence[str], behind: Sequence[Meter]) -> bool:
    """Write the sub-meters of a meter in one transaction, on condition that it and every meter `behind` it still have
    the sub-meters that were read: so no two calls at once make a circle.

    False where one of them changed; nothing is changed then. Raises TransientError on a collision with another
    transaction.
    """
    writes: list[dict[str, Any]] = [{"Update": _check(before, {":new": list(submeters)}, "SET submeters = :new")}]
    writes += [{"ConditionCheck": _check(one, {})} for one in behind]
    with aws_calls():
        try:
            _table().meta.client.transact_write_items(TransactItems=writes)
        except ClientError as error:
            if error_code(error) != "TransactionCanceledException":
                raise
            codes = {reason.get("Code", "None") for reason in error.response["CancellationReasons"]}
            if codes - {"None", "ConditionalCheckFailed"}:
                raise TransientError(f"transaction cancelled: {', '.join(sorted(codes))}") from error
            return False
    return True


def _table() -> Any:
    return table(settings.setting("METERS_TABLE"))


def _check(meter: Meter, values: Mapping[str, Any], update: str | None = None) -> dict[str, Any]:
    seen = list(meter.submeters)
    same = "submeters = :seen" if seen else "(attribute_not_exists(submeters) OR submeters = :seen)"
    both = {**values, ":seen": seen}
    return {
        "TableName": settings.setting("METERS_TABLE"),
        "Key": {"meter_id": meter.meter_id},
        "ConditionExpression": f"attribute_exists(meter_id) AND {same}",
        **({"UpdateExpression": update} if update else {}),
        "ExpressionAttributeValues": both,
    }


def _same_moments(meter: Meter) -> tuple[str, dict[str, Any]]:
    """The condition that the row has the exchanges of `meter`: each is known by its moment, and never changes."""
    if not meter.exchanges:
        return "(attribute_not_exists(exchanges) OR size(exchanges) = :count)", {":count": 0}
    moments = {f":at{place}": one.exchanged_at for place, one in enumerate(meter.exchanges)}
    each = [f"exchanges[{place}].exchanged_at = :at{place}" for place in range(len(moments))]
    return " AND ".join(["size(exchanges) = :count", *each]), {":count": len(moments), **moments}
