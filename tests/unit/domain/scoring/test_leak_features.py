"""The features: the document's own by hand, the relative ones without a scale, the state through JSON."""

import json
import math
from dataclasses import replace

import pytest

from meterflow.scoring.leak_features import DOCUMENT, RELATIVE, LeakFeatures, LeakRow, squash
from meterflow.scoring.leak_rules import leak_and_burst, unsquash
from tests.unit.domain.scoring.leak_series import START, series


def last(rows: list[LeakRow]) -> dict[str, float | None]:
    features = LeakFeatures()
    found: dict[str, float | None] = {}
    for row in rows:
        found = features.observe(row)
    return found


def test_the_documents_features_by_hand() -> None:
    found = LeakFeatures().observe(LeakRow(START.replace(hour=23, minute=30), 3.2, 128.0, 18.5))
    assert found["pressure_bar"] == 3.2
    assert found["flow_rate_lps"] == 128.0
    assert found["temperature_c"] == 18.5
    assert (found["hour"], found["day_of_week"], found["is_weekend"], found["is_night_shift"]) == (23.5, 0.0, 0.0, 1.0)
    assert found["pressure_flow_ratio"] == 0.025
    assert found["temp_pressure_product"] == pytest.approx(59.2)
    assert found["pressure_rolling_mean"] == 3.2
    assert found["flow_rolling_std"] == 0.0


def test_every_named_feature_is_there_and_finite() -> None:
    found = last(series(3))
    assert set(found) == {*DOCUMENT, *RELATIVE}
    assert all(value is not None and math.isfinite(value) for value in found.values())


def test_absent_measurements_leave_none_or_nought() -> None:
    found = last([replace(row, flow_rate_lps=None, temperature_c=None) for row in series(3)])
    assert found["flow_rate_lps"] is None
    assert found["pressure_flow_ratio"] is None
    assert found["temp_pressure_product"] is None
    assert (found["has_flow"], found["has_pressure"], found["flow_day"], found["coupling"]) == (0.0, 1.0, 0.0, 0.0)
    assert found["pressure_now"] != 0.0


def test_relative_features_know_no_scale() -> None:
    rows = series(10, extra=lambda day: 0.2 if day >= 9 else 0.0)
    one = last(rows)
    other = last(
        [replace(row, pressure_bar=row.pressure_bar * 2.0, flow_rate_lps=row.flow_rate_lps * 1000.0) for row in rows]
    )
    for name in RELATIVE:
        assert other[name] == pytest.approx(one[name], abs=1e-6), name


def test_a_leak_stands_out_over_a_day_and_the_quiet_does_not() -> None:
    quiet, leaking = last(series(12)), last(series(12, extra=lambda day: 0.1 if day >= 11 else 0.0))
    assert abs(unsquash(quiet["flow_day"])) < 2.0
    assert unsquash(leaking["flow_day"]) > 4.0
    assert unsquash(leaking["flow_night"]) > 4.0
    assert unsquash(leaking["pressure_day"]) < -2.0
    assert leaking["coupling"] < -0.3


def test_a_weekly_habit_becomes_usual() -> None:
    """Sundays of a third more: odd the first time, usual after four weeks."""

    def sundays(day: float) -> float:
        return 0.15 if int(day) % 7 == 6 else 0.0

    assert unsquash(last(series(7, extra=sundays))["flow_day"]) > 3.0
    assert unsquash(last(series(35, extra=sundays))["flow_day"]) < 2.5


def test_squash_and_back() -> None:
    for value in (-50.0, -1.0, 0.0, 0.3, 700.0):
        assert unsquash(squash(value)) == pytest.approx(value)
    assert unsquash(None) == 0.0


def test_the_state_goes_through_json() -> None:
    rows, features = series(6), LeakFeatures()
    for row in rows[:-1]:
        features.observe(row)
    text = json.dumps(features.to_item())
    again = LeakFeatures.from_item(json.loads(text))
    whole, kept = features.observe(rows[-1]), again.observe(rows[-1])
    for name, value in whole.items():
        assert kept[name] == pytest.approx(value, abs=1e-4), name


def still(**seen: float) -> dict[str, float | None]:
    return {**dict.fromkeys(RELATIVE, 0.0), **{name: squash(value) for name, value in seen.items()}}


def test_rules_weigh_flow_up_and_pressure_down() -> None:
    assert leak_and_burst(still())[0] < 0.02
    flow = leak_and_burst(still(flow_day=3.0, flow_quarter=3.0))[0]
    both = leak_and_burst(still(flow_day=3.0, flow_quarter=3.0, pressure_day=-3.0, pressure_quarter=-3.0))[0]
    contrary = leak_and_burst(still(flow_quarter=-3.0, flow_hour=-3.0, pressure_day=-3.0, pressure_quarter=-3.0))[0]
    assert contrary < flow < both
    assert leak_and_burst(still(flow_day=-9.0, pressure_day=9.0))[0] < 0.02


def test_a_burst_is_sudden_and_large() -> None:
    sudden = {"flow_hour": 9.0, "flow_quarter": 7.0, "flow_step": 6.0}
    assert leak_and_burst(still(**sudden, flow_share_now=5.0))[1] > 0.9
    assert leak_and_burst(still(**sudden, flow_share_now=0.3))[1] < 0.1
    assert leak_and_burst(still(flow_day=9.0, flow_share_now=5.0))[1] < 0.1
