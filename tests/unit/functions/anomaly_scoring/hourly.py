"""An hourly meter for the tests of scoring: a household that sleeps, and a leak of 40 litres an hour at the end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from random import Random

from meterflow.clock import to_text

START = datetime(2026, 11, 1, tzinfo=UTC)
LEAK_FROM = 360
HOURS = 400


@cache
def _values() -> list[Decimal]:
    draw, value, found = Random(3), Decimal(100), []
    for hour in range(HOURS):
        used = Decimal(draw.choice(["0", "0", "0", "0.02", "0.05"])) if 6 <= hour % 24 <= 22 else Decimal(0)
        value += used + (Decimal("0.04") if hour >= LEAK_FROM else 0)
        found.append(value)
    return found


def register(hour: int) -> tuple[str, str]:
    """The time and the register's text at an hour."""
    return to_text(START + timedelta(hours=hour)), f"{_values()[hour]:09.3f}"
