"""The order of the review queue: what a mistake would cost, and how long its customer waits."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterflow.meter import Latest, Location, Meter, MeterKind
from meterflow.reading import PhotoResult
from meterflow.review_policy import policy
from meterflow.review_priority import Stake, priority, rank, stake

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
TAKEN_AT = "2026-11-20T08:00:00Z"


def meter(**more: Any) -> Meter:
    one = Meter(
        meter_id="WTR-1",
        kind=MeterKind.WATER,
        unit="m3",
        digits=5,
        decimals=3,
        max_daily=Decimal("60"),
        location=Location(lat=52.5, lon=13.4),
        owner="c",
        registered_at="2026-01-01T00:00:00Z",
    )
    return one.model_copy(update=more)


def read(value: str, at: str = "2026-11-10T08:00:00Z") -> Latest:
    return Latest(submission_id="s-0", value=value, taken_at=at, quality="valid")


def photo(verdict: Any, reading: str | None = None, confidence: float | None = None, *reasons: str) -> PhotoResult:
    return PhotoResult(verdict=verdict, reading=reading, confidence=confidence, reasons=reasons)


@pytest.mark.parametrize(
    ("seen", "latest", "odds", "difference", "why"),
    [
        (photo("MISMATCH", "00105.000", 0.9), read("00100.000"), "0.9", "5", "the reader's odds and value"),
        (photo("MISMATCH", "00105.000"), None, "0.5", "5", "a rival without odds"),
        (photo("MISMATCH", "90110.000", 0.8), read("00100.000"), "0.8", "600", "no more than passes in ten days"),
        (photo("MISMATCH", "00110.000", 0.99), read("00100.000"), "0.1", "10", "another meter that shows the value"),
        (photo("MISMATCH", "00900.000", 0.99, "wrong_meter"), read("00100.000"), "0.1", "10", "another meter"),
        (photo("MATCH", "00110.000", 0.98), read("00100.000"), "0.02", "10", "what the reader leaves over"),
        (photo("MATCH", "00110.000", 1.0), read("00100.000"), "0.005", "10", "nobody is sure without end"),
        (photo("UNREADABLE"), read("00100.000"), "0.1", "10", "the whole use is unproven"),
        (photo("UNREADABLE"), None, "0.1", "10", "a usual month"),
        (photo("UNREADABLE"), read("00110.000"), "0.1", "10", "no use at all: a usual month"),
    ],
)
def test_what_is_at_stake(seen: PhotoResult, latest: Latest | None, odds: str, difference: str, why: str) -> None:
    found = stake(meter(latest=latest), "00110.000", TAKEN_AT, seen, policy())
    assert (found.odds, found.difference, found.price) == (Decimal(odds), Decimal(difference), Decimal("2.00")), why


def test_a_multiplier_counts_in_billed_units() -> None:
    found = stake(meter(multiplier=Decimal(40)), "00110.000", TAKEN_AT, photo("MISMATCH", "00111.000", 0.5), policy())
    assert found.expected_cost == Decimal("40")


def test_a_device_that_sent_no_number_breaks_nothing() -> None:
    assert stake(meter(), "n/a", "", photo("UNREADABLE"), policy()).difference == 10


@pytest.mark.parametrize("kind", MeterKind)
def test_every_kind_has_a_price(kind: MeterKind) -> None:
    from meterflow.meter import UNITS

    for unit in UNITS[kind]:
        assert policy().price(meter(kind=kind, unit=unit)) > 0
        assert policy().month(meter(kind=kind, unit=unit)) > 0


def test_the_terms_add_up() -> None:
    shown = priority(
        Stake(odds=Decimal("0.9"), difference=Decimal("5"), price=Decimal("2.00")),
        NOW - timedelta(hours=10),
        True,
        NOW,
        policy(),
    )
    assert shown.expected_cost == Decimal("9.00")
    assert shown.waiting == 10 * policy().waiting_per_hour
    assert shown.escalated == policy().escalated
    assert shown.total == shown.expected_cost + shown.waiting + shown.escalated


reviews = st.tuples(
    st.decimals(0, 1, places=4), st.decimals(0, 10_000, places=3), st.integers(0, 90 * 24 * 60), st.booleans()
)


@given(reviews, reviews, st.integers(0, 90 * 24 * 60))
def test_the_order_at_any_moment_is_the_order_of_the_ranks(one: Any, other: Any, later: int) -> None:
    moment = NOW + timedelta(minutes=later)
    totals, ranks = [], []
    for odds, difference, minutes, escalated in (one, other):
        at_stake = Stake(odds=odds, difference=difference, price=Decimal("2.00"))
        opened_at = NOW - timedelta(minutes=minutes)
        totals.append(priority(at_stake, opened_at, escalated, moment, policy()).total)
        ranks.append(rank(at_stake, opened_at, escalated, policy()))
    # What is shown is rounded to the cent, so a difference of less may show as none.
    if abs(totals[0] - totals[1]) > Decimal("0.03"):
        assert (totals[0] > totals[1]) == (ranks[0] > ranks[1])


def test_nothing_starves() -> None:
    small = Stake(odds=Decimal("0.005"), difference=Decimal("1"), price=Decimal("0.30"))
    large = Stake(odds=Decimal("0.9"), difference=Decimal("500"), price=Decimal("2.00"))
    old = rank(small, NOW - timedelta(days=80), False, policy())
    assert old > rank(large, NOW, False, policy())
