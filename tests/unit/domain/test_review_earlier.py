"""What a person's decision does to earlier readings."""

from decimal import Decimal
from typing import Any

import pytest

from meterflow.meter import Exchange, Latest, Location, Meter, MeterKind
from meterflow.review_earlier import still_follows
from meterflow.vee import FALSE_HIGH, Earlier, Known

HIGH = Known("00200.000", "2026-11-10T08:00:00Z", "high")
BASE = Known("00100.000", "2026-11-03T08:00:00Z", "base")
AT = "2026-11-17T08:00:00Z"
WITHDRAW = Earlier("high", "REJECTED", FALSE_HIGH)
CONFIRM = Earlier("witness", "ACCEPTED", "confirmed_by_next")


def meter(**more: Any) -> Meter:
    return Meter(
        meter_id="WTR-0001",
        kind=MeterKind.WATER,
        unit="m3",
        digits=5,
        decimals=3,
        max_daily=Decimal("60"),
        location=Location(lat=0, lon=0),
        owner="ana",
        registered_at="2026-01-01T00:00:00Z",
        **more,
    )


def follows(value: str = "104", *history: Known, confirmed: bool = True, **more: Any) -> tuple[Earlier, ...]:
    known = history or (HIGH, BASE)
    return still_follows((WITHDRAW, CONFIRM), meter(**more), AT, Decimal(value), confirmed=confirmed, history=known)


def latest(value: str, taken_at: str, quality: str = "valid") -> Latest:
    return Latest(submission_id="l", value=value, taken_at=taken_at, quality=quality)


def test_a_confirmed_value_has_all_its_consequences() -> None:
    assert follows() == (WITHDRAW, CONFIRM)


def test_a_corrected_one_withdraws_what_still_stands_above_it() -> None:
    assert follows("105", confirmed=False) == (WITHDRAW,)


@pytest.mark.parametrize("value", ["200", "300", "99.999"])
def test_not_where_the_value_is_no_longer_between(value: str) -> None:
    assert follows(value, confirmed=False) == ()


def test_not_where_it_is_no_longer_accepted_or_another_reading_agrees_with_it() -> None:
    assert follows("104", BASE) == (CONFIRM,)
    agrees = Known("00201.000", "2026-11-12T08:00:00Z", "agrees")
    assert follows("104", agrees, HIGH, BASE) == (CONFIRM,)
    guess = Known("00201.000", "2026-11-12T08:00:00Z", "guess", estimated=True)
    assert follows("104", guess, HIGH, BASE) == (WITHDRAW, CONFIRM)


@pytest.mark.parametrize(
    ("moment", "kept"), [("2026-11-10T08:00:00Z", False), ("2026-11-12T08:00:00Z", True), (AT, True)]
)
def test_not_where_the_meter_was_exchanged_between_the_two(moment: str, kept: bool) -> None:
    change = Exchange(exchanged_at=moment, start_value="00104.000")
    assert (WITHDRAW not in follows(exchanges=(change,))) is kept


@pytest.mark.parametrize(
    ("newest", "kept"),
    [
        (latest("00201.000", "2026-11-20T08:00:00Z"), True),
        (latest("00201.000", "2026-11-20T08:00:00Z", "estimated"), False),
        (latest("00199.999", "2026-11-20T08:00:00Z"), False),
        (latest("00201.000", AT), False),
    ],
)
def test_not_where_a_later_true_reading_reaches_the_high(newest: Latest, kept: bool) -> None:
    assert (WITHDRAW not in follows(latest=newest)) is kept
