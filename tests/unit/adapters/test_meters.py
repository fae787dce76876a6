"""The Meters table: registered once, listed by owner."""

from decimal import Decimal

import pytest

from meterflow.adapters import meters
from meterflow.meter import Location, Meter, MeterKind

pytestmark = pytest.mark.usefixtures("aws")


def meter(meter_id: str, owner: str = "ana") -> Meter:
    return Meter(
        meter_id=meter_id,
        kind=MeterKind.WATER,
        unit="m3",
        digits=5,
        decimals=3,
        max_daily=Decimal("60"),
        location=Location(lat=52.5, lon=13.4, address="somewhere"),
        owner=owner,
        registered_at="2026-01-01T00:00:00Z",
    )


def test_a_meter_comes_back_as_it_was() -> None:
    assert meters.get("WTR-1") is None
    assert meters.put_new(meter("WTR-1"))
    assert meters.get("WTR-1") == meter("WTR-1")


def test_the_second_registration_changes_nothing() -> None:
    assert meters.put_new(meter("WTR-1", "ana"))
    assert not meters.put_new(meter("WTR-1", "ben"))
    stored = meters.get("WTR-1")
    assert stored
    assert stored.owner == "ana"


def test_pages_hold_every_meter_of_one_owner_once() -> None:
    for number in range(5):
        meters.put_new(meter(f"WTR-{number}"))
    meters.put_new(meter("WTR-9", "ben"))
    seen: list[str] = []
    after = None
    while True:
        found, after = meters.list_by_owner("ana", 2, after)
        seen += [one.meter_id for one in found]
        if after is None:
            break
    assert seen == [f"WTR-{number}" for number in range(5)]
