"""The demonstration's reading: what the meter would have counted by now."""

from decimal import Decimal
from typing import Any

from cli import demonstration
from meterflow.clock import from_text

NOW = from_text("2026-11-21T12:00:00Z")


def accepted(day: int, value: str, status: str = "ACCEPTED") -> dict[str, Any]:
    return {"taken_at": f"2026-11-{day:02d}T12:00:00Z", "value": value, "status": status}


def test_it_goes_on_at_the_mean_rate() -> None:
    history = [
        accepted(17, "104.000"),
        accepted(9, "100.000"),
        accepted(13, "101.500"),
        accepted(20, "9", "REJECTED"),
    ]
    assert demonstration.ordinary_use(history, NOW) == Decimal("2.000")


def test_it_is_at_least_a_days_use() -> None:
    assert demonstration.ordinary_use([], NOW) == demonstration.LEAST_STEP
    assert demonstration.ordinary_use([accepted(9, "100")], NOW) == demonstration.LEAST_STEP
    assert demonstration.ordinary_use([accepted(21, "100"), accepted(20, "99")], NOW) == demonstration.LEAST_STEP
