"""Rates between readings and their robust statistics."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterflow.consumption import (
    Register,
    RegisterReading,
    comparable,
    interval_before,
    intervals,
    used_between,
    usual,
    weighted_median,
)

START = datetime(2026, 1, 5, 8, tzinfo=UTC)
REGISTER = Register("m3", Decimal(100_000), least_spread=Decimal("0.06"))


def at(days: float, value: str) -> RegisterReading:
    return RegisterReading(Decimal(value), START + timedelta(days=days))


def weekly(count: int, use: str = "2.5", start: int = 0) -> list[RegisterReading]:
    return [at(7 * (start + week), str(Decimal(use) * (start + week))) for week in range(count)]


@pytest.mark.parametrize(
    ("start", "end", "used"),
    [
        ("100", "100", "0"),
        ("100", "102.5", "2.5"),
        ("100", "99.999", None),  # back: a typing error
        ("99999.5", "0.5", "1.0"),  # over the end
        ("90000", "10000", "20000"),  # the last that may be a rollover
        ("89999.999", "10000", None),
        ("90000", "10000.001", None),
    ],
)
def test_used_between_tells_a_rollover_from_a_rollback(start: str, end: str, used: str | None) -> None:
    assert used_between(at(0, start), at(7, end), REGISTER) == (None if used is None else Decimal(used))


def test_the_multiplier_turns_steps_into_units() -> None:
    transformer = Register("kWh", Decimal(100_000), Decimal(1), multiplier=Decimal(40))
    assert used_between(at(0, "10"), at(1, "12.5"), transformer) == Decimal(100)


def test_an_interval_starts_at_the_newest_reading_half_a_day_before() -> None:
    history = [at(0, "10"), at(6, "12"), at(6.8, "12.2")]
    found = interval_before(at(7, "12.4"), history, REGISTER)
    assert found is not None
    assert (found.start, found.used, found.days) == (at(6, "12"), Decimal("0.4"), Decimal(1))
    assert found.rate == Decimal("0.4")


def test_no_interval_without_an_earlier_reading_or_after_a_rollback() -> None:
    assert interval_before(at(7, "12"), [at(6.9, "11")], REGISTER) is None
    assert interval_before(at(7, "12"), [at(0, "13")], REGISTER) is None


def test_intervals_leave_out_rollbacks_double_looks_and_gaps_and_need_no_order() -> None:
    history = [*weekly(6), at(7.2, "2.6"), at(42, "1"), at(49, "3.5"), at(49 + 29, "40")]
    found = intervals(reversed(history), REGISTER)
    # The look a few hours after the second reading starts nothing, 42 days ran back, 29 days are more than 4 weeks.
    assert [each.end.taken_at for each in found] == [START + timedelta(days=d) for d in (7, 14, 21, 28, 35, 49)]
    assert all(each.used == Decimal("2.5") for each in found)


def test_four_typical_intervals_are_no_gap_yet() -> None:
    assert len(intervals([*weekly(6), at(35 + 28, "22")], REGISTER)) == 6


def test_intervals_of_nothing_are_none() -> None:
    assert intervals([], REGISTER) == []
    assert intervals([at(0, "1")], REGISTER) == []


def test_comparable_is_the_season_now_and_a_year_ago() -> None:
    year = intervals(weekly(60), REGISTER)
    now = START + timedelta(days=7 * 60)
    chosen = comparable(year, now)
    ages = [(now - each.end.taken_at).days for each in chosen]
    assert [age for age in ages if age <= 70] == [70, 63, 56, 49, 42, 35, 28, 21, 14, 7]
    assert [age for age in ages if age > 70] == [392, 385, 378, 371, 364, 357, 350, 343, 336, 329]


def test_every_interval_counts_where_the_season_has_too_few() -> None:
    monthly = intervals([at(30 * month, str(10 * month)) for month in range(6)], REGISTER)
    assert comparable(monthly, START + timedelta(days=180)) == monthly


@pytest.mark.parametrize(("weeks", "enough"), [(4, False), (5, True)])
def test_usual_needs_four_intervals(weeks: int, enough: bool) -> None:
    assert (usual(intervals(weekly(weeks), REGISTER)) is not None) is enough


def test_usual_needs_two_weeks() -> None:
    daily = [at(day, str(day)) for day in range(14)]
    assert usual(intervals(daily, REGISTER)) is None
    assert usual(intervals([*daily, at(14, "14")], REGISTER)) is not None


def test_usual_is_moved_by_no_single_wild_interval() -> None:
    history = weekly(8)
    history[4] = RegisterReading(Decimal(900), history[4].taken_at)  # typed wrong: one wild rate, then a rollback
    found = usual(intervals(history, REGISTER))
    assert found is not None
    assert found.median == Decimal("2.5") / 7
    assert found.mad == 0
    assert (found.typical_days, found.intervals, found.days) == (7, 6, 42)


def test_the_median_weighs_days() -> None:
    assert weighted_median([(Decimal(1), Decimal(30)), (Decimal(5), Decimal(7)), (Decimal(9), Decimal(7))]) == 1
    assert weighted_median([(Decimal(1), Decimal(7)), (Decimal(5), Decimal(7))]) == 3
    with pytest.raises(ValueError, match="no values"):
        weighted_median([])


positive = st.decimals("0.001", "1000", places=3)


@given(st.lists(st.tuples(positive, positive), min_size=1, max_size=30))
def test_the_median_has_at_most_half_of_the_weight_on_either_side(pairs: list[tuple[Decimal, Decimal]]) -> None:
    middle = weighted_median(pairs)
    half = sum(weight for _, weight in pairs) / 2
    assert sum(weight for value, weight in pairs if value < middle) <= half
    assert sum(weight for value, weight in pairs if value > middle) <= half
