"""Which way a measurement goes, in words."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterflow.trend import Point, compared, duration, in_words, times

START = datetime(2026, 11, 18, 8, tzinfo=UTC)


def points(*values: str, step: timedelta = timedelta(days=1)) -> list[Point]:
    return [Point(START + step * place, Decimal(value)) for place, value in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "usual", "words"),
    [
        (("1", "1.4", "1.7", "2.1"), "1", "rising for 3 days, 2.1 times the usual"),
        (("2", "1", "1.4", "2.1"), "1", "rising for 2 days, 2.1 times the usual"),
        (("1", "1", "1", "16"), "1", "rose within 1 day, 16 times the usual"),
        (("3.2", "3.0", "2.6", "2.1"), "3.2", "falling for 2 days, 0.66 times the usual"),
        (("1", "1.02", "0.98", "1.01"), "1", "steady for 3 days, as usual"),
        (("4", "4", "4"), "1", "steady for 2 days, 4 times the usual"),
        (("0", "0", "0.5"), "0", "rose within 1 day, usually nothing"),
        (("0", "0"), "0", "steady for 1 day, as usual"),
        (("1", "2"), None, "rose within 1 day"),
        (("7",), "1", "the first reading of its kind, 7 times the usual"),
        ((), "1", "no earlier readings to compare with"),
    ],
)
def test_the_words(values: tuple[str, ...], usual: str | None, words: str) -> None:
    assert in_words(points(*values), None if usual is None else Decimal(usual)) == words


def test_a_direction_counts_from_the_point_before_it() -> None:
    half_hour = points("3.2", "3.2", "2.8", "2.4", "2.1", step=timedelta(minutes=10))
    assert in_words(half_hour, None) == "falling for 30 minutes"


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=1), "1 second"),
        (timedelta(seconds=90), "90 seconds"),
        (timedelta(minutes=90), "90 minutes"),
        (timedelta(hours=2), "2 hours"),
        (timedelta(hours=23), "23 hours"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=7), "7 days"),
    ],
)
def test_durations(span: timedelta, words: str) -> None:
    assert duration(span) == words


@pytest.mark.parametrize(
    ("share", "words"), [("16.4", "16"), ("100", "100"), ("2.10", "2.1"), ("3", "3"), ("0.351", "0.35")]
)
def test_shares(share: str, words: str) -> None:
    assert times(Decimal(share)) == words


@given(
    st.lists(st.decimals(0, 10**6, places=3), max_size=12),
    st.none() | st.decimals(0, 10**6, places=3),
)
def test_there_is_always_something_to_say(values: list[Decimal], usual: Decimal | None) -> None:
    said = in_words([Point(START + timedelta(hours=place), value) for place, value in enumerate(values)], usual)
    assert said
    assert "E" not in said
    if values:
        assert compared(values[-1], usual) in said
