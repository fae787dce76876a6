"""Reading typed fields out of a request's JSON: a wrong type or a value out of bounds is the caller's error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.rekognition.errors import serialization, validation

Json = Mapping[str, Any]


def structure(parent: Json, name: str) -> Json | None:
    value = parent.get(name)
    if value is not None and not isinstance(value, dict):
        raise serialization(f"{name} is not a structure")
    return value


def structures(parent: Json, name: str, most: int) -> list[Json]:
    values = _list(parent, name)
    if len(values) > most:
        raise validation(name, f"Member must have length less than or equal to {most}")
    if not all(isinstance(value, dict) for value in values):
        raise serialization(f"{name} holds something that is not a structure")
    return values


def strings(parent: Json, name: str) -> list[str]:
    values = _list(parent, name)
    if not all(isinstance(value, str) for value in values):
        raise serialization(f"{name} holds something that is not a string")
    return values


def string(parent: Json, name: str) -> str | None:
    value = parent.get(name)
    if value is not None and not isinstance(value, str):
        raise serialization(f"{name} is not a string")
    return value


def number(parent: Json, name: str, low: float, high: float) -> float | None:
    value = parent.get(name)
    if value is None:
        return None
    # bool is an int to Python, not to the service.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise serialization(f"{name} is not a number")
    # Written so that NaN, which Python's JSON reader lets in, is refused as well.
    if not low <= value <= high:
        raise validation(name, f"Member must have value between {low:g} and {high:g}")
    return float(value)


def _list(parent: Json, name: str) -> list[Any]:
    value = parent.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise serialization(f"{name} is not a list")
    return value
