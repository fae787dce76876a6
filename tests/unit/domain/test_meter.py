"""Meters: units by kind and limits by unit."""

from decimal import Decimal

import pytest

from meterflow.meter import MAX_DAILY, UNITS, Location, Meter, MeterKind, default_max_daily, is_meter_id, unit_fits


def test_every_unit_of_every_kind_has_a_limit() -> None:
    assert set(MAX_DAILY) == {(kind, unit) for kind, units in UNITS.items() for unit in units}
    assert all(limit > 0 for limit in MAX_DAILY.values())


def test_heat_limits_are_the_same_energy_in_each_unit() -> None:
    in_kwh = default_max_daily(MeterKind.HEAT, "kWh")
    assert default_max_daily(MeterKind.HEAT, "MWh") == in_kwh / 1000
    assert abs(default_max_daily(MeterKind.HEAT, "GJ") - in_kwh * Decimal("0.0036")) < Decimal("0.01")


@pytest.mark.parametrize(
    ("kind", "unit", "fits"),
    [
        ("water", "m3", True),
        ("gas", "m3", True),
        ("electricity", "kWh", True),
        ("heat", "GJ", True),
        ("water", "kWh", False),
        ("electricity", "MWh", False),
        ("gas", "l", False),
    ],
)
def test_units_fit_kinds(kind: str, unit: str, fits: bool) -> None:
    assert unit_fits(MeterKind(kind), unit) is fits


def test_a_unit_that_does_not_fit_has_no_limit() -> None:
    with pytest.raises(ValueError, match="does not count in"):
        default_max_daily(MeterKind.WATER, "kWh")


@pytest.mark.parametrize("text", ["", "-a", "a b", "a/b", "a\n", "ä", "a" * 65, "<b>"])
def test_what_cannot_be_a_meter_id(text: str) -> None:
    assert not is_meter_id(text)
    assert is_meter_id("WTR-0001")


def test_the_register_turns_over_at_ten_to_its_wheels() -> None:
    meter = Meter(
        meter_id="WTR-1",
        kind=MeterKind.WATER,
        unit="m3",
        digits=5,
        decimals=3,
        max_daily=Decimal(60),
        location=Location(lat=0, lon=0),
        owner="o",
        registered_at="2026-01-01T00:00:00Z",
    )
    assert meter.capacity == 100_000
