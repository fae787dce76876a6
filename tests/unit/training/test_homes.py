"""The judgement on real homes: leaks as a register counts them, the rules beside ours, the promise."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from training.scoring.continuous_rule import ContinuousRule
from training.scoring.homes import (
    SIZES,
    alarms_a_week,
    data_folder,
    delays,
    detection_table,
    halves,
    leaks_for,
    promise_table,
    threshold_of,
)
from training.scoring.homes_data import ARCHIVE, Home, Interval, homes_of, load_homes
from training.scoring.homes_trial import HomeTrial, try_home
from training.scoring.leaks import SHAPES, Leak, with_leak

START = datetime(2016, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def intervals(days: int, seed: int = 1) -> list[Interval]:
    chance = random.Random(seed)
    return [
        Interval(START + hour * HOUR, START + (hour + 1) * HOUR, float(_used(hour % 24, chance)))
        for hour in range(24 * days)
    ]


def _used(hour: int, chance: random.Random) -> int:
    return round(chance.expovariate(1 / 15)) if chance.random() < (0.05 if hour < 6 else 0.6) else 0


@pytest.fixture(scope="module")
def trials() -> list[HomeTrial]:
    made = []
    for number in range(4):
        home = Home(f"home-{number}", intervals(75, number))
        leak_start = START + timedelta(days=46)
        leaks = [Leak(leak_start, 8.0, shape, 5) for shape in ("continuous", "pauses 1 h in 4")]
        made.append(try_home(home, leaks if number >= 2 else []))
    return made


def test_registers_that_run_back_give_no_interval() -> None:
    rows = [["user key", "datetime", "meter reading", "diff"]]
    at, shown = START, 1000
    for hour in range(24 * 40):
        shown += 2 if hour != 30 else -500
        rows.append(["a", (at + hour * HOUR).strftime("%d/%m/%Y %H:%M:%S"), str(shown), "0"])
    [home] = homes_of(rows)
    assert len(home.intervals) == 24 * 40 - 2
    assert {each.used for each in home.intervals} == {2.0}


@pytest.mark.parametrize("shape", list(SHAPES))
def test_a_leak_adds_whole_litres_and_in_all_what_it_lost(shape: str) -> None:
    own = intervals(40)
    leaking = with_leak(own, Leak(START + timedelta(days=10), 5.0, shape, 3), days=20)
    before = {each.start: each.used for each in own}
    added = [each.used - before[each.start] for each in leaking]
    assert all(extra >= 0 and extra == int(extra) for extra in added)
    share = {"continuous": 1.0, "pauses 1 h in 8": 7 / 8, "pauses 1 h in 4": 3 / 4, "intermittent": 0.5}
    expected = 5.0 * 20 * 24 * share.get(shape, (7 + 6) / 20)
    assert sum(added) == pytest.approx(expected, rel=0.25 if shape == "intermittent" else 0.03)


def test_a_pausing_leak_pauses() -> None:
    empty = [Interval(each.start, each.end, 0.0) for each in intervals(10)]
    leaking = with_leak(empty, Leak(START, 10.0, "pauses 1 h in 4", 3), days=10)
    dry = sum(each.used <= 1 for each in leaking)
    assert dry == pytest.approx(len(leaking) / 4, abs=2)


def test_the_rule_tells_at_the_end_of_its_day_and_a_dry_hour_starts_it_again() -> None:
    wet = [Interval(START + hour * HOUR, START + (hour + 1) * HOUR, 1.0) for hour in range(40)]
    assert ContinuousRule(24).alarms(wet) == [START + 24 * HOUR]
    wet[20] = Interval(wet[20].start, wet[20].end, 0.0)
    assert ContinuousRule(24).alarms(wet) == []


def test_ours_finds_what_the_rule_cannot(trials: list[HomeTrial]) -> None:
    leaks = [leak for trial in trials for leak in trial.leaks]
    pausing = [leak for leak in leaks if leak.leak.shape == "pauses 1 h in 4"]
    assert all((leak.delay_hours(14.0) or 999) < 120 for leak in pausing)
    assert all(leak.rules[48.0] is None for leak in pausing)
    steady = [leak for leak in leaks if leak.leak.shape == "continuous"]
    assert all((leak.delay_hours(14.0) or 999) < 48 for leak in steady)
    assert all(leak.rules[24.0] is not None for leak in steady)


def test_a_higher_threshold_is_never_sooner(trials: list[HomeTrial]) -> None:
    for trial in trials:
        for leak in trial.leaks:
            late = [leak.delay_hours(alarm_at) or float("inf") for alarm_at in (8.0, 14.0, 20.0)]
            assert late == sorted(late)


def test_the_tables_have_a_line_for_each_leak_and_promise(trials: list[HomeTrial]) -> None:
    table = detection_table(trials, 14.0)
    assert len(table) == 1 + 2 + 1
    assert "100%" in table[1]
    promises = promise_table(trials, seeds=2)
    assert promises[0].split() == ["promised", "achieved", "range", "kept", "in", "threshold"]
    assert len(promises) == 6


def test_calibration_homes_are_never_judged(trials: list[HomeTrial]) -> None:
    calibration, absent = halves(trials, 3)
    assert not {trial.home.name for trial in calibration} & {trial.home.name for trial in absent}
    assert len(calibration) + len(absent) == len(trials)
    threshold = threshold_of(calibration, 1.0, len(absent))
    assert threshold.meters == len(calibration)
    assert alarms_a_week(absent, threshold.value) <= 1.0


def test_delays_count_the_untold() -> None:
    assert delays([10.0, None, 20.0, 30.0]).split() == ["75%", "30", "-"]


def test_leaks_of_every_size_and_shape_and_a_control() -> None:
    home = Home("a", intervals(120))
    leaks = leaks_for(home, 1)
    assert len(leaks) == len(SIZES) * len(SHAPES) + 1
    assert leaks == leaks_for(home, 1)
    assert leaks_for(Home("a", intervals(60)), 1) == []


@pytest.mark.skipif(not (data_folder() / ARCHIVE).is_file(), reason="no water-homes here")
def test_the_real_homes_are_read() -> None:
    homes = load_homes(data_folder())
    assert len(homes) == 35
    assert all(each.used >= 0 for home in homes for each in home.intervals)
