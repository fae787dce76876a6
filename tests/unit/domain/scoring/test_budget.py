"""The false-alarm budget: what is promised is kept on meters that calibration has not seen."""

import json
import random
from datetime import UTC, datetime, timedelta
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterflow.scoring.budget import KEPT_WEEKS, Budget, Peaks, weekly_peaks

START = datetime(2026, 1, 5, tzinfo=UTC)


def fleet(meters: int, weeks: int, seed: int) -> dict[str, list[float]]:
    """Weekly peaks of meters that differ in how restless they are."""
    chance = random.Random(seed)
    peaks = {}
    for meter in range(meters):
        restless = chance.lognormvariate(0.0, 0.4)
        peaks[f"M{meter}"] = [restless * chance.expovariate(1 / 3) for _ in range(weeks)]
    return peaks


@pytest.mark.parametrize(("promised", "at_least"), [(0.5, 0.0), (1.0, 0.2), (4.0, 2.0)])
def test_the_promise_is_kept_on_absent_meters(promised: float, at_least: float) -> None:
    achieved = []
    for seed in range(30):
        threshold = Budget(promised, meters=200).calibrate(fleet(40, 52, seed))
        absent = fleet(200, 26, 1000 + seed)
        achieved.append(sum(mean(peak >= threshold.value for peak in weeks) for weeks in absent.values()))
    assert at_least <= mean(achieved) <= promised


def test_a_smaller_budget_never_lowers_the_threshold() -> None:
    peaks = fleet(30, 52, 1)
    values = [Budget(promised, 100).calibrate(peaks).value for promised in (0.5, 1, 2, 4, 8, 16)]
    assert values == sorted(values, reverse=True)


def test_a_history_too_short_for_the_promise_says_so() -> None:
    threshold = Budget(0.01, meters=1000).calibrate(fleet(3, 8, 1))
    assert not threshold.kept
    assert threshold.value > max(max(weeks) for weeks in fleet(3, 8, 1).values())
    assert threshold.expected == 0


def test_a_meter_with_a_long_history_weighs_no_more_than_another() -> None:
    quiet = {f"M{meter}": [1.0] * 50 for meter in range(30)}
    short = Budget(0.4, 10).calibrate({**quiet, "LOUD": [9.0] * 5}).value
    long = Budget(0.4, 10).calibrate({**quiet, "LOUD": [9.0] * 50}).value
    assert short == long > 9.0


def test_one_restless_home_in_a_small_sample_may_stand_for_more() -> None:
    peaks = {**{f"M{meter}": [1.0] * 50 for meter in range(19)}, "RESTLESS": [10.0, 1.0] * 25}
    assert Budget(0.3, 10).calibrate(peaks).value > 10.0
    assert Budget(0.6, 10).calibrate(peaks).value == 10.0


def test_more_meters_promise_what_few_cannot() -> None:
    assert not Budget(1, 1000).calibrate(fleet(5, 50, 1)).kept
    assert Budget(1, 1000).calibrate(fleet(400, 50, 1)).kept


def test_p_values_are_small_for_rare_scores_only() -> None:
    budget = Budget(1, 100)
    assert budget.p_value(99.0) == 1.0
    budget.calibrate(fleet(40, 52, 1))
    assert budget.p_value(0.0) == 1.0
    assert budget.p_value(1e9) == pytest.approx(1 / (40 * 13 + 1))
    values = [budget.p_value(score) for score in (1, 3, 6, 12)]
    assert values == sorted(values, reverse=True)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=60), st.floats(0, 120))
def test_a_p_value_is_a_probability(peaks: list[float], score: float) -> None:
    budget = Budget(1, 10)
    budget.calibrate({"A": peaks})
    assert 0 < budget.p_value(score) <= 1


def test_normal_for_me_raises_this_meters_threshold_and_no_other() -> None:
    budget = Budget(1, 10)
    for _ in range(9):
        budget.normal_for("A")
    assert budget.threshold_for("A", 10.0) == 20.0
    assert budget.threshold_for("B", 10.0) == 10.0


def test_the_state_survives() -> None:
    budget = Budget(1, 100)
    budget.calibrate(fleet(5, 9, 1))
    budget.normal_for("A")
    again = Budget.from_item(json.loads(json.dumps(budget.to_item())))
    assert again.p_value(7.5) == budget.p_value(7.5)
    assert again.threshold_for("A", 8.0) == 10.0


@pytest.mark.parametrize(("alarms", "meters"), [(0, 5), (-1, 5), (1, 0)])
def test_a_budget_of_nothing_is_refused(alarms: float, meters: int) -> None:
    with pytest.raises(ValueError, match="budget"):
        Budget(alarms, meters)


def test_no_history_is_refused() -> None:
    with pytest.raises(ValueError, match="week"):
        Budget(1, 5).calibrate({"A": []})


def hourly(scores: list[float]) -> list[tuple[datetime, float]]:
    return [(START + timedelta(hours=hour), score) for hour, score in enumerate(scores)]


def test_an_episode_over_three_weeks_is_one_peak_in_the_week_it_began() -> None:
    scores = [0.0] * (5 * 168)
    for hour in range(160, 3 * 168):
        scores[hour] = 5.0 + hour / 100
    peaks = weekly_peaks(hourly([*scores, 0.0]))
    assert peaks == [pytest.approx(5.0 + (3 * 168 - 1) / 100), 0.0, 0.0, 0.0, 0.0]


def test_weeks_without_readings_are_quiet_weeks() -> None:
    scores = [(START, 1.0), (START + timedelta(days=22), 2.0), (START + timedelta(days=29), 0.0)]
    assert weekly_peaks(scores) == [1.0, 0.0, 0.0, 2.0]


def test_the_tracker_keeps_a_year_and_survives() -> None:
    tracker = Peaks()
    for hour in range(0, 80 * 168, 12):
        tracker.observe(START + timedelta(hours=hour), float(hour % 7))
        tracker = Peaks.from_item(json.loads(json.dumps(tracker.to_item())))
    assert len(tracker.finished()) == KEPT_WEEKS - 1
    assert len(json.dumps(tracker.to_item())) < 500
