"""Models as DynamoDB items."""

from decimal import Decimal
from typing import Any

from pydantic import BaseModel


def to_item(model: BaseModel) -> dict[str, Any]:
    """`model` as an item: no nulls, numbers as Decimal, and no empty texts, which an index's key may not hold."""
    item: dict[str, Any] = _plain(model.model_dump(exclude_none=True))
    return {name: value for name, value in item.items() if value != ""}


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        # By way of its shortest text: the binary expansion of a float has more digits than DynamoDB takes.
        return Decimal(str(value))
    if isinstance(value, str):
        return str(value.value) if hasattr(value, "value") else value
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value
