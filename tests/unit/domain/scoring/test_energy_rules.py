"""The bounds of the energy rules, each side of each."""

from datetime import UTC, datetime, timedelta

import pytest

from meterflow.scoring.energy_features import EnergyTracker
from meterflow.scoring.energy_profile import slot
from meterflow.scoring.energy_row import EnergyRow, nominal, unit_octaves
from meterflow.scoring.energy_rules import findings

START = datetime(2026, 3, 2, tzinfo=UTC)


def tracker(volts: float = 230.0, swing: float = 0.0, rows: int = 800) -> EnergyTracker:
    """A device with three usual days: 2 A, 0.46 kW, power factor 1."""
    known = EnergyTracker()
    for number in range(rows):
        moment = START + timedelta(minutes=5 * number)
        up = 1.0 if number % 2 else -1.0
        row = EnergyRow(moment, 0.46 + 0.005 * up, volts + swing * up, 2.0 + 0.02 * up, 1.0, 30.0 + up)
        known.learn(row, moment.timestamp(), frozenset())
    return known


def found(known: EnergyTracker, **measured: float) -> set[str]:
    moment = START + timedelta(days=4)
    row = EnergyRow(moment, **measured)
    return {finding.kind for finding in findings(row, moment.timestamp(), known, known.derive(row))}


@pytest.mark.parametrize(
    ("usual", "is_nominal"),
    [
        (117.0, 120.0), (121.0, 120.0), (128.0, 127.0), (218.0, 220.0), (231.0, 230.0), (241.75, 240.0), (401.0, 400.0),
        (208.5, 208.0), (101.0, 100.0), (0.231, 0.231), (11_000.0, 11_000.0),
    ],
)  # fmt: skip
def test_the_nominal_voltage_is_the_nearest_or_the_supplys_own(usual: float, is_nominal: float) -> None:
    assert nominal(usual) == is_nominal


@pytest.mark.parametrize(
    ("volts", "kinds"),
    [
        (231.0, set()),
        (11.0, {"interruption"}),
        (12.0, {"voltage_sag"}),
        (206.0, {"voltage_sag"}),
        (254.0, {"voltage_swell"}),
    ],
)
def test_voltage(volts: float, kinds: set[str]) -> None:
    assert found(tracker(swing=1.0), voltage=volts, current=2.0) == kinds


@pytest.mark.parametrize(("volts", "kinds"), [(214.0, {"voltage_sag"}), (220.5, set())])
def test_a_steady_supply_has_a_limit_of_its_own(volts: float, kinds: set[str]) -> None:
    assert found(tracker(swing=0.5), voltage=volts, current=2.0) == kinds


def test_a_supply_that_lives_near_its_limit_is_left_alone() -> None:
    assert found(tracker(volts=361.0, swing=1.0), voltage=357.0, current=2.0) == set()


def test_what_the_own_load_pulls_down_is_no_sag() -> None:
    known = EnergyTracker()
    for number in range(800):
        moment = START + timedelta(minutes=5 * number)
        amperes = 2.0 + 20.0 * (number % 13 == 0)
        row = EnergyRow(moment, None, 232.0 - 0.6 * amperes + 0.1 * (number % 3), amperes)
        known.learn(row, moment.timestamp(), frozenset())
    assert found(known, voltage=232.0 - 0.6 * 27.0, current=27.0) == set()
    assert "voltage_sag" in found(known, voltage=232.0 - 0.6 * 27.0, current=2.0)
    assert found(known, voltage=231.0, current=27.0) == set(), "a load excuses a deviation and never makes one"


@pytest.mark.parametrize(
    ("consumption", "kinds"),
    [(0.46, set()), (0.40, set()), (0.30, {"tampering"}), (0.0, {"tampering"}), (0.65, {"inconsistent"})],
)
def test_consumption_against_what_flows(consumption: float, kinds: set[str]) -> None:
    said = found(tracker(), energy_consumption=consumption, voltage=230.0, current=2.0, power_factor=1.0)
    assert said - {"standby_drop"} == kinds


@pytest.mark.parametrize(("factor", "kinds"), [(0.95, set()), (0.91, set()), (0.85, {"power_factor_drop"})])
def test_power_factor(factor: float, kinds: set[str]) -> None:
    assert found(tracker(), current=2.0, power_factor=factor) == kinds


def test_a_motor_that_is_switched_on_brings_its_power_factor() -> None:
    known = tracker()
    assert "power_factor_drop" not in found(known, energy_consumption=1.2, current=6.0, power_factor=0.85)
    assert "power_factor_drop" in found(known, energy_consumption=0.48, current=2.4, power_factor=0.85)


@pytest.mark.parametrize(("times", "told"), [(1.5, False), (2.5, True)])
def test_a_load_far_above_the_highest_so_far(times: float, told: bool) -> None:
    said = found(tracker(), energy_consumption=0.465 * times)
    assert ("consumption_spike" in said) is told


@pytest.mark.parametrize(("degrees", "told"), [(55.0, False), (65.0, True), (90.0, True)])
def test_temperature(degrees: float, told: bool) -> None:
    assert ("overheating" in found(tracker(), temperature=degrees)) is told


def test_a_new_device_is_not_judged() -> None:
    assert found(tracker(rows=4), voltage=100.0, current=50.0, energy_consumption=9.0) == set()


def test_units_are_octaves() -> None:
    assert unit_octaves(EnergyRow(START, 2.0, 1.0, 1.0, 0.5)) == pytest.approx(2.0)
    assert unit_octaves(EnergyRow(START, 0.0, 230.0, 1.0)) is None
    assert unit_octaves(EnergyRow(START, 1.0, 230.0)) is None


@pytest.mark.parametrize(
    ("day", "hour", "name"), [(2, 0, "w0"), (6, 23, "w23"), (7, 5, "e5"), (8, 5, "e5"), (9, 5, "w5")]
)
def test_a_slot_is_the_hour_of_a_weekday_or_a_weekend(day: int, hour: int, name: str) -> None:
    assert slot(int(datetime(2026, 3, day, hour, tzinfo=UTC).timestamp() // 3600)) == name
