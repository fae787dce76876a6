"""Readings that come often: judged by the online scorer, each at its own time."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from meterflow import interval_scoring
from meterflow.clock import to_text
from meterflow.consumption import often_enough
from meterflow.interval_scoring import Row
from meterflow.scoring.verdict import Verdict

START = datetime(2026, 11, 1, tzinfo=UTC)
LEAK_BEGINS = 360
ONE = Decimal(1)


def hours(count: int, leak_from: int = LEAK_BEGINS) -> list[Row]:
    """A household that sleeps, read every hour; from `leak_from` on 40 litres an hour run without a stop."""
    draw, value, rows = Random(3), Decimal(100), []
    for hour in range(count):
        used = Decimal(draw.choice(["0", "0", "0", "0.02", "0.05"])) if 6 <= hour % 24 <= 22 else Decimal(0)
        value += used + (Decimal("0.04") if hour >= leak_from else 0)
        rows.append((to_text(START + timedelta(hours=hour)), value))
    return rows


class Meter:
    """What the machine does with each reading: judge by the state and the history, then let the state take it in."""

    def __init__(self) -> None:
        self.state: dict[str, object] | None = None
        self.at: str | None = None

    def read(self, rows: list[Row], index: int, tolerance: Decimal = ONE) -> Verdict | None:
        history = rows[max(0, index - 200) : index]
        judged = interval_scoring.judge(rows[index], history, self.state, self.at, "m3", tolerance)
        assert not judged.lost
        unseen = [row for row in history if self.at is None or row[0] > self.at]
        state = interval_scoring.advanced(self.state, self.at, [*unseen, rows[index]], None, "m3")
        self.state, self.at = json.loads(json.dumps(state)), rows[index][0]
        return judged.verdict


def told(tolerance: Decimal = ONE, count: int = 420, leak_from: int = LEAK_BEGINS) -> list[tuple[int, Verdict]]:
    meter, rows = Meter(), hours(count, leak_from)
    found = [(index, meter.read(rows, index, tolerance)) for index in range(count)]
    return [(index, verdict) for index, verdict in found if verdict and verdict.alert]


def test_a_leak_is_told_once_on_the_reading_that_starts_it() -> None:
    leaks = [(index, one) for index, one in told() if one.kind == "continuous_flow"]
    [(index, verdict)] = leaks
    assert LEAK_BEGINS < index < LEAK_BEGINS + 24
    assert verdict.risk_level in ("HIGH", "CRITICAL")
    assert "without a stop" in verdict.reason


def test_a_meter_that_was_taught_is_told_later() -> None:
    first = next(index for index, one in told() if one.kind == "continuous_flow")
    later = [index for index, one in told(Decimal(3)) if one.kind == "continuous_flow"]
    assert not later or later[0] > first


def test_the_first_readings_have_no_verdict() -> None:
    meter, rows = Meter(), hours(30)
    assert meter.read(rows, 0) is None


def test_a_late_reading_is_judged_at_its_own_time_and_leaves_the_state_alone() -> None:
    meter, rows = Meter(), hours(400)
    for index in range(400):
        if index != 300:
            meter.read(rows, index)
    before = json.dumps(meter.state, sort_keys=True)
    late = interval_scoring.judge(rows[300], rows[100:300], meter.state, meter.at, "m3", ONE)
    assert late.verdict is not None
    # Nothing leaked then: what came later is not looked at.
    assert late.verdict.risk_level == "LOW"
    unlike = interval_scoring.judge(rows[300], [*rows[100:300], *rows[301:400]], meter.state, meter.at, "m3", ONE)
    assert unlike == late
    assert json.dumps(meter.state, sort_keys=True) == before


def test_what_the_state_has_missed_is_taken_from_the_history() -> None:
    """A reading whose state was lost on the way is in the history of the next one."""
    rows, whole, holed = hours(400), Meter(), Meter()
    for index in range(400):
        whole.read(rows, index)
        if index not in (380, 381, 382):
            holed.read(rows, index)
    assert holed.state == whole.state


@pytest.mark.parametrize("broken", [{"version": -1}, {}, {"version": 1, "flow": None}])
def test_a_state_that_cannot_be_read_is_said_so_and_the_history_judges(broken: dict[str, object]) -> None:
    rows = hours(400)
    judged = interval_scoring.judge(rows[399], rows[199:399], broken, rows[398][0], "m3", ONE)
    assert judged.lost
    assert judged.verdict == interval_scoring.judge(rows[399], rows[199:399], None, None, "m3", ONE).verdict
    mended = interval_scoring.advanced(broken, rows[398][0], rows[300:400], None, "m3")
    assert interval_scoring.advanced(mended, rows[399][0], [rows[399]], None, "m3") == mended


def test_a_state_of_another_register_is_forgotten() -> None:
    rows = hours(100)
    old = interval_scoring.advanced(None, None, rows[:50], None, "m3")
    exchanged = interval_scoring.advanced(old, rows[49][0], rows[50:], rows[50][0], "m3")
    assert exchanged == interval_scoring.advanced(None, None, rows[50:], None, "m3")


def test_which_meters_are_read_often() -> None:
    daily = [to_text(START + timedelta(days=day, minutes=day % 50)) for day in range(40)]
    assert often_enough(daily)
    assert not often_enough(daily[:23])
    assert not often_enough([to_text(START + timedelta(weeks=week)) for week in range(40)])
    # A gap of a month makes no daily meter a monthly one.
    assert often_enough([*daily, to_text(START + timedelta(days=90))])
