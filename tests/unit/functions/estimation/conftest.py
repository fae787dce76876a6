"""A meter with a history, and readings as they are settled."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from meterflow import clock
from meterflow.adapters import meters, readings
from meterflow.meter import Location, Meter, MeterKind
from meterflow.reading import Estimate, Source, format_value, new_reading

NOW = datetime(2026, 11, 21, 4, 30, tzinfo=UTC)
CUSTOMER = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def add(request: pytest.FixtureRequest) -> Callable[..., Meter]:
    """`add("WTR-0001", weeks, since=days)` is a meter read every week, the last time `since` days ago."""
    request.getfixturevalue("aws")

    def put(meter_id: str = "WTR-0001", weeks: int = 20, since: int = 40, **more: Any) -> Meter:
        meter = Meter(
            meter_id=meter_id,
            kind=MeterKind.WATER,
            unit="m3",
            digits=5,
            decimals=3,
            max_daily=Decimal("60"),
            location=Location(lat=52.5, lon=13.4),
            owner=CUSTOMER,
            registered_at="2026-01-01T00:00:00Z",
        ).model_copy(update=more)
        assert meters.put_new(meter)
        for week in range(weeks):
            back = since + 7 * (weeks - 1 - week)
            settle(f"{meter_id}-{week}", meter_id, Decimal(100) + Decimal("2.1") * week, NOW - timedelta(days=back))
        return meter

    return put


def settle(
    submission_id: str,
    meter_id: str,
    value: Decimal,
    at: datetime,
    estimate: Estimate | None = None,
) -> None:
    """A reading, or an estimate, that was accepted."""
    text, taken_at = format_value(value, 5, 3), clock.to_text(at)
    row = new_reading(
        submission_id=submission_id,
        meter_id=meter_id,
        value=text,
        taken_at=taken_at,
        source=Source.ESTIMATE if estimate else Source.CUSTOMER,
        submitted_by=CUSTOMER,
        photo_key=None,
        received_at=at,
        estimate=estimate,
    )
    readings.put_new_submission(row)
    quality = "estimated" if estimate else "valid"
    assert readings.settle(
        submission_id,
        meter_id=meter_id,
        status="ACCEPTED",
        quality=quality,
        reasons=(),
        value=text,
        taken_at=taken_at,
        now=at,
    ) == "SETTLED"  # fmt: skip
