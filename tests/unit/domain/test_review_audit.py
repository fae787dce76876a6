"""The random share of accepted readings: reproducible, of the right size, and out of the customer's reach."""

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from meterflow import clock, ids
from meterflow.reading import PhotoResult, Reading, Source, Status
from meterflow.review_audit import drawn, is_audited

SHARE = Decimal("0.02")
RECEIVED_AT = "2026-11-21T08:00:00.123Z"


def test_the_share_is_the_share() -> None:
    ids_ = [str(uuid.UUID(int=number)) for number in range(20_000)]
    found = sum(drawn(one, RECEIVED_AT, SHARE) for one in ids_)
    # 400 expected; five standard deviations of the binomial are 99.
    assert 300 < found < 500


@pytest.mark.parametrize("share", ["0", "0.02", "0.5", "1"])
def test_the_same_each_time_and_a_greater_share_takes_in_the_smaller(share: str) -> None:
    for number in range(300):
        one = str(number)
        assert drawn(one, RECEIVED_AT, Decimal(share)) == drawn(one, RECEIVED_AT, Decimal(share))
        assert drawn(one, RECEIVED_AT, Decimal(share)) <= drawn(one, RECEIVED_AT, Decimal(1))
        assert not drawn(one, RECEIVED_AT, Decimal(0))


def test_a_token_chosen_at_home_escapes_nothing() -> None:
    # The customer knows the rule and tries tokens until one escapes now. When it is sent, another millisecond decides.
    start = datetime(2026, 11, 21, 8, tzinfo=UTC)
    escaped = next(
        one
        for one in (ids.submission_id("c", str(number)) for number in range(100))
        if not drawn(one, clock.to_text(start), SHARE)
    )
    later = [clock.to_text(start + timedelta(milliseconds=number)) for number in range(1, 5_000)]
    caught = sum(drawn(escaped, moment, SHARE) for moment in later)
    assert 50 < caught < 150


def reading(**more: object) -> Reading:
    one = Reading(
        submission_id="s-1",
        meter_id="WTR-1",
        value="1",
        taken_at="2026-11-21T08:00:00Z",
        source=Source.CUSTOMER,
        submitted_by="c",
        photo_key="uploads/c/a.jpg",
        fingerprint="f",
        received_at=RECEIVED_AT,
        status=Status.ACCEPTED,
        photo=PhotoResult(verdict="MATCH", reading="1", confidence=0.9),
    )
    return one.model_copy(update=more)


@pytest.mark.parametrize(
    ("more", "audited"),
    [
        ({}, True),
        ({"photo_key": None}, False),
        ({"photo": None}, False),
        ({"status": Status.REJECTED}, False),
        ({"status": Status.NEEDS_REVIEW}, False),
    ],
)
def test_only_accepted_photo_readings(more: dict[str, object], audited: bool) -> None:
    assert is_audited(reading(**more), Decimal(1)) is audited


def test_an_edit_does_not_change_the_draw() -> None:
    shares = [Decimal(number) / 100 for number in range(101)]
    edited = reading(value="2", settled_at="2026-11-22T08:00:00Z", original_value="1")
    assert [is_audited(reading(), one) for one in shares] == [is_audited(edited, one) for one in shares]
