"""What is derived of a fire sensor's rows: rises, slopes and habits, each by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from meterflow.scoring.fire_features import DERIVED, FEATURES, GAS, SIGNED, THERMAL, FireRow, FireTracker

START = datetime(2026, 3, 2, tzinfo=UTC)


def feed(tracker: FireTracker, number: int, **measured: float) -> dict[str, float]:
    row = FireRow(START + timedelta(seconds=15 * number), **measured)
    at = row.timestamp.timestamp()
    derived = tracker.derive(row, at)
    tracker.learn(row, at, derived, held=False)
    return derived


def test_there_are_15_thermal_and_3_gas_features_and_some_are_signed() -> None:
    assert (len(THERMAL), len(GAS), len(set(FEATURES))) == (15, 3, 18)
    assert set(FEATURES) >= SIGNED
    assert "gas_val" not in SIGNED
    assert "t_hot_area_pct" not in SIGNED


def test_rises_are_against_the_quiet_level() -> None:
    tracker = FireTracker()
    for number in range(20):
        feed(tracker, number, t_max=30.0, t_mean=20.0, gas_val=500.0)
    derived = feed(tracker, 20, t_max=70.0, t_mean=25.0, gas_val=1000.0)
    assert derived["heat_rise"] == pytest.approx(40.0)
    assert derived["mean_rise"] == pytest.approx(5.0)
    assert derived["gas_rise"] == pytest.approx(500.0)
    assert derived["gas_ratio"] == pytest.approx(1.0, abs=0.05)


def test_slopes_are_per_minute() -> None:
    tracker = FireTracker()
    for number in range(12):
        derived = feed(tracker, number, t_max=30.0 + 2.0 * number, gas_val=500.0 + 25.0 * number)
    assert derived["heat_slope"] == pytest.approx(8.0)
    assert derived["gas_slope"] == pytest.approx(100.0)


def test_the_first_row_of_a_sensor_switched_on_in_a_fire_already_rises() -> None:
    derived = FireTracker().derive(FireRow(START, t_max=140.0, gas_val=4000.0), START.timestamp())
    assert derived["heat_rise"] == 100.0
    assert derived["gas_rise"] == 3000.0


def test_what_rises_and_falls_back_becomes_a_habit() -> None:
    tracker = FireTracker()
    for number in range(40):
        feed(tracker, number, t_max=80.0 if 20 <= number < 25 else 30.0)
    derived = tracker.derive(FireRow(START, t_max=80.0), START.timestamp() + 600.0)
    assert derived["heat_habit"] < 0.1 * derived["heat_rise"]


def test_everything_derived_is_a_name_of_the_model() -> None:
    tracker = FireTracker()
    whole = dict.fromkeys(FEATURES, 50.0)
    feed(tracker, 0, **whole)
    assert set(feed(tracker, 2, **whole)) == set(DERIVED)
