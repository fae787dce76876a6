"""A meter of the demonstration city and what the tests do with it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from meterflow.adapters import meters
from meterflow.meter import Latest, Location, Meter, MeterKind
from meterflow.observability import metrics

CUSTOMER = "00000000-0000-4000-8000-000000000001"
TAKEN_AT = "2026-11-20T08:00:00Z"


@pytest.fixture(autouse=True)
def _no_metrics_left() -> None:
    """Metrics that are switched off are never flushed, and the hundredth of a process would warn."""
    metrics.clear_metrics()


@pytest.fixture
def register(request: pytest.FixtureRequest) -> Callable[..., Meter]:
    """`register(latest=("00100.000", time))` puts the meter WTR-0001 of the seeded customer."""
    request.getfixturevalue("aws")

    def put(latest: tuple[str, str] | None = None, **more: Any) -> Meter:
        meter = Meter(
            meter_id="WTR-0001",
            kind=MeterKind.WATER,
            unit="m3",
            digits=5,
            decimals=3,
            max_daily=Decimal("60"),
            serial_number="4711",
            location=Location(lat=52.5, lon=13.4, address="12 Canary Street"),
            owner=CUSTOMER,
            registered_at="2026-01-01T00:00:00Z",
            latest=Latest(submission_id="s-0", value=latest[0], taken_at=latest[1], quality="valid")
            if latest
            else None,
        ).model_copy(update=more)
        assert meters.put_new(meter)
        return meter

    return put


@pytest.fixture
def submission() -> dict[str, Any]:
    """An ordinary submission of the meter's owner, as the workflow carries it."""
    return {
        "submission_id": "s-1",
        "meter_id": "WTR-0001",
        "value": "00110.000",
        "taken_at": TAKEN_AT,
        "source": "customer",
        "submitted_by": CUSTOMER,
    }
