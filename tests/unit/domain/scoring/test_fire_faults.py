"""A broken fire sensor: what is impossible, contradictory, missing or jumps."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from meterflow.scoring.fire_faults import FireFaults, without
from meterflow.scoring.fire_features import FireRow
from meterflow.scoring.fire_jumps import FireJumps

ROW = FireRow(datetime(2026, 3, 2, tzinfo=UTC), t_mean=21.0, t_std=1.0, t_max=26.0, t_p95=23.0, gas_val=600.0)


@pytest.mark.parametrize(
    ("changed", "sense", "words"),
    [
        ({"t_max": 701.0}, "thermal", "outside"),
        ({"t_max": 700.0}, None, ""),
        ({"t_mean": -61.0}, "thermal", "outside"),
        ({"t_mean": -60.0}, None, ""),
        ({"t_hot_area_pct": 103.0}, "thermal", "whole image"),
        ({"t_hot_area_pct": 100.0}, None, ""),
        ({"t_mean": 0.0, "t_max": 0.0, "t_std": 0.0}, "thermal", "exactly zero"),
        ({"gas_val": 60_001.0}, "gas", "more than the sensor"),
        ({"gas_val": 60_000.0}, None, ""),
        ({"gas_val": 249.0}, "gas", "below the air outside"),
        ({"gas_val": 250.0}, None, ""),
    ],
)
def test_impossible_values(changed: dict[str, float], sense: str | None, words: str) -> None:
    found = FireFaults().observe(replace(ROW, **changed), usual_gas=600.0)
    assert set(found) == ({sense} if sense else set())
    assert all(words in why for why in found.values())


def test_a_gas_sensor_that_never_showed_co2_may_show_little() -> None:
    assert FireFaults().observe(replace(ROW, gas_val=12.0), usual_gas=10.0) == {}


def test_a_drift_below_the_air_outside_is_a_fault() -> None:
    assert "drifted" in FireFaults().observe(replace(ROW, gas_val=330.0), usual_gas=335.0)["gas"]


def moving(number: int, **changed: float) -> FireRow:
    small = 0.3 * ((number * 37 % 17) / 17.0)
    return replace(ROW, **{"t_mean": 21.0 + small, "t_max": 26.0 + small, "t_p95": 23.0 + small, **changed})


def test_a_contradiction_counts_only_for_a_camera_that_can_do_better() -> None:
    new, known = FireFaults(), FireFaults()
    for number in range(30):
        known.observe(moving(number), 600.0)
    wrong = [moving(30 + number, t_mean=40.0) for number in range(1, 4)]
    assert [new.observe(row, 600.0) for row in wrong] == [{}, {}, {}]
    said = [known.observe(row, 600.0) for row in wrong]
    assert not any("thermal" in one for one in said[:2])
    assert "above t_max" in said[2]["thermal"]


def test_a_sense_that_goes_missing_is_a_fault_after_ten_rows_and_never_where_it_never_was() -> None:
    faults = FireFaults()
    faults.observe(ROW, 600.0)
    found = [faults.observe(replace(moving(number), gas_val=None), 600.0) for number in range(12)]
    assert [number for number, one in enumerate(found) if "gas" in one] == [9, 10, 11]
    never = FireFaults()
    assert not any(never.observe(replace(moving(number), gas_val=None), None) for number in range(40))


def test_without_leaves_the_sound_sense() -> None:
    left = without(ROW, {"thermal": "broken"})
    assert left.t_max is None
    assert left.gas_val == 600.0
    assert without(ROW, {}) is ROW


def test_one_hot_pixel_is_a_fault_and_a_growing_flame_is_not() -> None:
    pixel, flame, saturated = FireJumps(), FireJumps(), FireJumps()
    for number in range(20):
        for jumps in (pixel, flame, saturated):
            jumps.observe(moving(number, t_hot_area_pct=0.0))
    found = [pixel.observe(moving(number, t_max=90.0, t_hot_area_pct=0.0)) for number in range(20, 30)]
    assert "thermal" in found[-1]
    burns = [flame.observe(moving(20 + age, t_max=90.0 + 6.0 * age, t_hot_area_pct=0.02 * age)) for age in range(10)]
    assert not any(burns)
    grows = [saturated.observe(moving(20 + age, t_max=140.0, t_hot_area_pct=0.05 * age)) for age in range(10)]
    assert not any(grows)


def test_gas_that_jumps_for_single_rows_is_a_fault_and_a_lasting_rise_is_not() -> None:
    spiky, rising = FireJumps(), FireJumps()
    spikes = [spiky.observe(moving(number, gas_val=5000.0 if number % 5 == 4 else 600.0)) for number in range(30)]
    assert "gas" in spikes[-1]
    assert not any(rising.observe(moving(number, gas_val=600.0 * 1.2**number)) for number in range(20))
