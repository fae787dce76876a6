"""At most so many alarms a week: the promise on any data, and the strong ones before the weak."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli import score_budget, score_kinds
from cli.score_budget import Alarm
from meterflow.scoring.verdict import Verdict

Run = Callable[..., Any]

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def storm(count: int, seed: int) -> list[Alarm]:
    chance = random.Random(seed)
    times = sorted(chance.randrange(52 * 7 * 24) for _ in range(count))
    return [Alarm(START + hours * HOUR, row, chance.random()) for row, hours in enumerate(times)]


@pytest.mark.parametrize("a_week", [0.25, 0.5, 1, 2, 3.5, 20])
@pytest.mark.parametrize("seed", range(5))
def test_no_week_has_more_than_was_promised(a_week: float, seed: int) -> None:
    alarms = storm(2000, seed)
    told = score_budget.within(alarms, a_week, START)
    times = [alarm.at for alarm in alarms if alarm.row in told]
    assert times
    room = max(1, int(a_week))
    span = timedelta(days=7) * (room / a_week)
    assert all(later - earlier >= span for earlier, later in zip(times, times[room:], strict=False))
    assert len(times) <= a_week * 52 + room


@pytest.mark.parametrize("seed", range(5))
def test_the_strong_ones_are_told(seed: int) -> None:
    alarms = storm(2000, seed)
    told = score_budget.within(alarms, 2, START)
    scores = [alarm.score for alarm in alarms if alarm.row in told and alarm.at > START + timedelta(weeks=8)]
    assert sum(scores) / len(scores) > 0.9
    assert len(told) > 52


def test_a_budget_that_is_not_reached_changes_nothing() -> None:
    alarms = [Alarm(START + week * timedelta(days=7), week, 0.5 + week / 100) for week in range(20)]
    assert score_budget.within(alarms, 2, START) == set(range(20))


def test_later_alarms_do_not_change_earlier_ones() -> None:
    alarms = storm(500, 9)
    whole = score_budget.within(alarms, 1, START)
    assert score_budget.within(alarms[:200], 1, START) == {row for row in whole if row < 200}


@dataclass(frozen=True, slots=True)
class Row:
    """What the scorer below takes."""

    timestamp: datetime
    voltage: float


class Loud:
    """Tells every row above 0.95."""

    def observe(self, row: Row) -> Verdict:
        return Verdict(row.voltage, {}, "LOW", alert=row.voltage > 0.95, kind="high", reason="High.")


def test_the_command_keeps_it(meterflow: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(score_kinds, "_classes", lambda _: (Row, Loud))
    chance = random.Random(4)
    path = tmp_path / "readings.csv"
    rows = [f"{(START + at * HOUR).isoformat()},{chance.random():.3f}" for at in range(1500)]
    path.write_text("\n".join(["timestamp,voltage", *rows]) + "\n")
    free = [json.loads(line) for line in meterflow("score", "energy", str(path), "--json").out.splitlines()]
    done = meterflow("score", "energy", str(path), "--json", "--alarms-per-week", "0.5")
    kept = [json.loads(line) for line in done.out.splitlines()]
    assert sum(one["alert"] for one in free) > 50
    assert 0 < sum(one["alert"] for one in kept) <= 5
    assert [one["score"] for one in free] == [one["score"] for one in kept]
    silenced = [one for was, one in zip(free, kept, strict=True) if was["alert"] and not one["alert"]]
    assert all(one["reason"] == "High. Not told: beyond 0.5 alarms a week." for one in silenced)


@pytest.mark.parametrize("budget", ["0", "-1", "nan", "inf", "few"])
def test_no_budget(budget: str, meterflow: Run) -> None:
    assert meterflow("score", "meter", "any.csv", f"--alarms-per-week={budget}").status == 2
