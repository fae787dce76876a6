"""What a sub-meter counted between moments that are not its own readings'."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterflow import clock
from meterflow.meter import Location, Meter, MeterKind
from meterflow.reading import Quality, Reading
from meterflow.submeters import used_between

START = datetime(2026, 11, 1, tzinfo=UTC)
CHILD = Meter(
    meter_id="C-1",
    kind=MeterKind.WATER,
    unit="m3",
    digits=5,
    decimals=3,
    multiplier=Decimal(10),
    max_daily=Decimal("60"),
    location=Location(lat=52.5, lon=13.4),
    owner="owner",
    registered_at="2026-01-01T00:00:00Z",
)


def at(day: float) -> str:
    return clock.to_text(START + timedelta(days=day))


def read(day: int, value: str, quality: Quality = Quality.VALID) -> Reading:
    return Reading.model_validate(
        {
            "submission_id": f"r-{day}",
            "meter_id": "C-1",
            "value": value,
            "taken_at": at(day),
            "source": "customer",
            "submitted_by": "c",
            "fingerprint": "f",
            "received_at": at(day),
            "status": "ACCEPTED",
            "quality": quality,
        }
    )


@pytest.mark.parametrize(
    ("start", "end", "used"), [(0, 10, "100"), (5, 10, "50"), (5, 15, "100"), (0, 20, "200"), (2, 2, "0")]
)
def test_between_its_readings_a_register_counts_evenly(start: int, end: int, used: str) -> None:
    history = [read(20, "120.000"), read(0, "100.000"), read(10, "110.000")]
    assert used_between(CHILD, history, at(start), at(end)) == Decimal(used)


@pytest.mark.parametrize(
    "history",
    [
        [],
        [read(0, "100.000")],
        [read(1, "100.000"), read(10, "110.000")],
        [read(0, "100.000"), read(9, "110.000")],
        [read(0, "100.000"), read(10, "90.000")],
        [read(0, "100.000"), read(10, "110.000", Quality.ESTIMATED)],
    ],
)
def test_what_does_not_span_both_ends_says_nothing(history: list[Reading]) -> None:
    assert used_between(CHILD, history, at(0), at(10)) is None


@given(st.lists(st.integers(0, 500), min_size=2, max_size=6), st.integers(0, 40))
def test_parts_add_up_to_the_whole(uses: list[int], split: int) -> None:
    total, history = Decimal(100), [read(0, "100.000")]
    for number, use in enumerate(uses, start=1):
        total += use
        history.append(read(10 * number, f"{total:f}"))
    end = 10 * len(uses)
    middle = min(split, end)
    first, second = used_between(CHILD, history, at(0), at(middle)), used_between(CHILD, history, at(middle), at(end))
    whole = used_between(CHILD, history, at(0), at(end))
    assert first is not None
    assert second is not None
    assert whole == sum(uses) * 10
    assert abs(first + second - whole) < Decimal("0.0001")
