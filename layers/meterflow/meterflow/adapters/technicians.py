"""The Technicians table, read without what a choice does not need: no name, phone or e-mail leaves the table here."""

from typing import Any

from pydantic import ValidationError

from meterflow import settings
from meterflow.adapters.aws import aws_calls, table
from meterflow.observability import logger
from meterflow.technician import Technician

FIELDS = ("technician_id", "skills", "base", "shift", "active", "load", "timezone")
_NAMES = {f"#{name}": name for name in FIELDS}


def everyone() -> list[Technician]:
    """Every technician whose row is complete.

    A row that cannot be read is left out and its id logged: one mistyped shift must not stop all dispatch.
    """
    request: dict[str, Any] = {
        "ProjectionExpression": ", ".join(_NAMES),
        "ExpressionAttributeNames": _NAMES,
        "ConsistentRead": True,
    }
    items: list[dict[str, Any]] = []
    with aws_calls():
        technicians = table(settings.setting("TECHNICIANS_TABLE"))
        while True:
            answer = technicians.scan(**request)
            items.extend(answer["Items"])
            if "LastEvaluatedKey" not in answer:
                break
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
    return [technician for item in items if (technician := _read(item))]


def _read(item: dict[str, Any]) -> Technician | None:
    try:
        return Technician.model_validate(item)
    except ValidationError:
        logger.warning("technician left out: the row is incomplete", extra={"technician_id": item["technician_id"]})
        return None
