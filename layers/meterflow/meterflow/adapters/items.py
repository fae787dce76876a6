"""Models as DynamoDB items, and images of the stream as plain values."""

from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer
from pydantic import BaseModel

_typed = TypeDeserializer()


def from_image(image: dict[str, Any] | None) -> dict[str, Any] | None:
    """The values of a stream record's image, which carries them in DynamoDB's typed form; None where there is none.

    Raises TypeError, KeyError or AttributeError where a value has no known type.
    """
    return {name: _typed.deserialize(value) for name, value in image.items()} if image else None


def to_item(model: BaseModel) -> dict[str, Any]:
    """`model` as an item: no nulls, numbers as Decimal, and neither empty texts, which an index's key may
    not hold, nor empty sets, which DynamoDB does not know."""
    item: dict[str, Any] = _plain(model.model_dump(exclude_none=True))
    return {name: value for name, value in item.items() if value != "" and value != frozenset()}


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
