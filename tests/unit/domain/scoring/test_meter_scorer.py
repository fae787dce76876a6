"""The odd meter: what is told of registers and intervals, and what must hold for every meter."""

import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from meterflow.scoring.meter import MeterRow, MeterScorer
from meterflow.scoring.verdict import Verdict

START = datetime(2026, 1, 5, tzinfo=UTC)


def home(days: int, seed: int = 1) -> list[float]:
    """Litres an hour of a home: nothing at night, showers in the morning, this and that."""
    draw = random.Random(seed)
    hours = []
    for hour in range(24 * days):
        busy = (0.02, 0.02, 0.02, 0.02, 0.05, 0.3, 0.8, 0.8)[hour % 24] if hour % 24 < 8 else 0.5
        hours.append(float(round(draw.gammavariate(1.5, 15))) if draw.random() < busy else 0.0)
    return hours


def hourly(used: Sequence[float]) -> list[MeterRow]:
    return [MeterRow(START + timedelta(hours=i), consumption=each) for i, each in enumerate(used)]


def registers(used: Sequence[float], start: float = 1000.0, hours: float = 1.0) -> list[MeterRow]:
    rows, shown = [MeterRow(START, register=start)], start
    for i, each in enumerate(used, start=1):
        shown += each
        rows.append(MeterRow(START + timedelta(hours=hours * i), register=shown))
    return rows


def run(rows: Sequence[MeterRow], scorer: MeterScorer | None = None) -> list[Verdict]:
    scorer = scorer or MeterScorer(unit="l")
    return [scorer.observe(row) for row in rows]


def told(verdicts: Sequence[Verdict], since: int = 0) -> list[str]:
    return [verdict.kind for verdict in verdicts[since:] if verdict.alert]


def test_a_quiet_home_is_hardly_ever_told() -> None:
    alarms = sum(len(told(run(hourly(home(120, seed))))) for seed in range(4))
    assert alarms <= 2, "sixteen months of nothing"


def test_registers_and_intervals_say_the_same() -> None:
    used = home(40)
    by_interval, by_register = run(hourly([0.0, *used])), run(registers(used))
    assert [each.alert for each in by_interval[100:]] == [each.alert for each in by_register[100:]]
    assert [each.probabilities for each in by_interval[400:]] == [each.probabilities for each in by_register[400:]]


def test_a_register_that_falls_is_told_with_both_readings() -> None:
    rows = registers(home(20))
    rows[300:] = [MeterRow(row.timestamp, (row.register or 0) - 900) for row in rows[300:]]
    verdicts = run(rows)
    assert verdicts[300].alert
    assert verdicts[300].kind == "roll_back"
    assert f"{rows[299].register:.7g} to {rows[300].register:.7g}" in verdicts[300].reason
    assert told(verdicts, 301) == []


def test_one_wrong_low_reading_does_not_make_a_spike_of_the_next() -> None:
    rows = registers(home(30))
    rows[500] = MeterRow(rows[500].timestamp, 12.0)
    verdicts = run(rows)
    assert told(verdicts, 490) == ["roll_back"]
    assert verdicts[501].score < 0.5


def test_a_register_that_starts_again_is_no_fall() -> None:
    rows = registers(home(30), start=99_000.0)
    rows = [MeterRow(row.timestamp, (row.register or 0) % 100_000) for row in rows]
    assert min(row.register or 0 for row in rows) < 1000
    assert "roll_back" not in told(run(rows))


def test_a_meter_that_stands_still_is_told_once_with_how_long() -> None:
    verdicts = run(registers([*home(60), *[0.0] * 24 * 9]))
    assert told(verdicts, 24 * 60).count("stuck") == 1
    stuck = next(each for each in verdicts[24 * 60 :] if each.kind == "stuck" and each.alert)
    assert "No use at" in stuck.reason
    assert "longest rest before" in stuck.reason


def test_a_holiday_like_the_last_one_is_not_told() -> None:
    week = [0.0] * 24 * 7
    verdicts = run(hourly([*home(30), *week, *home(30, 2), *week, *home(10, 3)]))
    assert "stuck" not in told(verdicts, 24 * 67)


def test_the_same_use_again_and_again_is_a_transmitter_that_is_stuck() -> None:
    verdicts = run(hourly([*home(60), *[17.0] * 24 * 5]))
    assert any(each.kind == "stuck" and "Exactly 17" in each.reason for each in verdicts[24 * 60 :])


@pytest.mark.parametrize("vacant", [True, False])
def test_use_in_vacant_premises_is_told(vacant: bool) -> None:
    used = [0.0] * 24 * 40 + [25.0] + [0.0] * 24
    scorer = MeterScorer(vacant=vacant)
    verdicts = run(hourly([*([] if vacant else home(30)), *used]), scorer)
    assert "vacant_use" in told(verdicts, len(verdicts) - 30)


def test_use_in_a_home_that_is_lived_in_is_not_vacant_use() -> None:
    assert "vacant_use" not in told(run(hourly(home(60))))


def test_a_leak_is_named_with_probabilities_and_a_level() -> None:
    used = home(90)
    verdicts = run(hourly([each + (12.0 if i > 24 * 60 else 0.0) for i, each in enumerate(used)]))
    alarm = next(each for each in verdicts[24 * 60 :] if each.alert)
    assert alarm.kind == "continuous_flow"
    assert alarm.probabilities["leak"] > 0.6
    assert alarm.risk_level in {"HIGH", "CRITICAL"}
    assert verdicts.index(alarm) < 24 * 62


@pytest.mark.parametrize(("day", "kind"), [(3.0, "spike"), (0.0, "drop")])
def test_weekly_readings_are_compared_with_the_weeks_before(day: float, kind: str) -> None:
    draw = random.Random(3)
    used = [draw.gauss(2000, 150) for _ in range(30)]
    used[20] *= day
    verdicts = run(registers(used, hours=168))
    assert told(verdicts) == [kind]
    assert verdicts[21].alert
    assert "usual is" in verdicts[21].reason


def test_a_gap_is_one_row_for_the_whole_gap() -> None:
    rows = registers(home(60))
    del rows[1000:1100]
    assert told(run(rows), 1000) == []


def test_daily_rows_know_a_closed_sunday() -> None:
    draw = random.Random(5)
    used = [0.0 if day % 7 == 6 else draw.gauss(500, 40) for day in range(140)]
    verdicts = run(registers(used, hours=24))
    assert told(verdicts, 90) == []
    used[127] = 0.0
    assert "drop" in told(run(registers(used, hours=24)), 120)


def test_too_little_data_is_said() -> None:
    first, second = run(registers([5.0]))
    assert (first.kind, second.kind) == ("too_little_data", "too_little_data")
    assert run([MeterRow(START)])[0].kind == "too_little_data"
    assert run(hourly([5.0]))[0].score == 0.0


def test_rows_of_one_time_are_scored_and_not_learned() -> None:
    rows = hourly(home(40))
    doubled = [*rows[:700], rows[699], rows[699], *rows[700:]]
    once, twice = run(rows), run(doubled)
    assert twice[700].kind == "normal"
    assert once[700:] == twice[702:]


def test_the_future_has_no_influence() -> None:
    rows = registers(home(40))
    assert run(rows[:600]) == run(rows)[:600]


@pytest.mark.parametrize("at", [0, 1, 15, 200, 900])
def test_a_scorer_from_its_item_goes_on_identically(at: int) -> None:
    rows = registers([*home(40), *[0.0] * 150, *home(5, 7)])
    rows[300] = MeterRow(rows[300].timestamp, 3.0)
    first = MeterScorer(unit="l")
    found = run(rows[:at], first)
    second = MeterScorer.from_item(json.loads(json.dumps(first.to_item())))
    assert found + run(rows[at:], second) == run(rows)
    assert len(json.dumps(second.to_item())) < 30_000


@pytest.mark.parametrize("scale", [2.0**-10, 2.0**10])
def test_litres_or_cubic_metres_are_told_alike(scale: float) -> None:
    used = [each + (12.0 if i > 24 * 60 else 0.0) for i, each in enumerate(home(80))]
    other = run(hourly([each * scale for each in used]))
    assert [(each.alert, each.kind) for each in other] == [(each.alert, each.kind) for each in run(hourly(used))]


@pytest.mark.parametrize("value", [0.0, 1e300, 5e-324, 7.0])
def test_any_constant_meter_is_scored_without_an_alarm(value: float) -> None:
    verdicts = run(hourly([value] * 600))
    assert all(0 <= each.score <= 1 for each in verdicts)
    assert told(verdicts) in ([], ["never_zero"])
