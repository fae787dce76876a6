"""The rules of a promise: who may go on with it, what it ends as, and how every text ends."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from meterflow.message import (
    CLAIM_LEASE,
    ENTERED_FROM,
    NOT_SENT,
    Message,
    Notification,
    Status,
    final_status,
    may_take_over,
    reference,
)

EVENT = "7d0c1a52-3f0e-5b6a-9d51-1c2b7e4f8a90"
NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


def row(**changes: Any) -> Notification:
    values = {
        "notification_id": "n",
        "event_id": EVENT,
        "topic": "reading_settled",
        "recipient": "c",
        "channel": "email",
        "locale": "en",
        "status": Status.CLAIMED,
        "data": {},
        "holder": "first",
        "claimed_at": NOW,
        "created_at": NOW,
    }
    return Notification.model_validate(values | changes)


def message(**changes: str) -> Message:
    ref = reference(EVENT)
    parts = {
        "event_id": EVENT,
        "subject": "s",
        "text": f"t {ref}",
        "html": f"<p>t</p><p>{ref}</p>\n",
        "sms": f"m {ref}",
    }
    return Message.model_validate(parts | changes)


def test_the_reference_is_the_events_first_eight_characters() -> None:
    assert reference(EVENT) == "Ref 7d0c1a52"
    assert message().text.endswith("Ref 7d0c1a52")


@pytest.mark.parametrize("part", ["text", "html", "sms"])
def test_a_form_without_the_reference_at_its_end_is_no_message(part: str) -> None:
    for wrong in ("no reference", "Ref 7d0c1a52 and more", "Ref 11111111", "<p>Ref 7d0c1a52</p><p>x</p>"):
        with pytest.raises(ValidationError):
            message(**{part: wrong})


@pytest.mark.parametrize("subject", ["", "two\nlines"])
def test_a_subject_is_one_line(subject: str) -> None:
    with pytest.raises(ValidationError):
        message(subject=subject)


@dataclass(frozen=True)
class Case:
    """A row, who asks, after how long, and the answer."""

    changes: dict[str, Any]
    holder: str
    after: timedelta
    may: bool


@pytest.mark.parametrize(
    "case",
    [
        Case({}, "first", timedelta(), True),
        Case({}, "second", timedelta(), False),
        Case({}, "second", CLAIM_LEASE, False),
        Case({}, "second", CLAIM_LEASE + timedelta(seconds=1), True),
        Case({"status": "SENDING"}, "first", timedelta(), True),
        Case({"status": "SENT"}, "first", timedelta(), True),
        Case({"status": "SENT", "settled_at": NOW}, "first", timedelta(), False),
        Case({"status": "SENT", "settled_at": NOW}, "second", timedelta(days=9), False),
        Case({"status": "UNCERTAIN", "settled_at": NOW}, "second", timedelta(days=9), False),
        Case({"status": "SUPPRESSED", "settled_at": NOW}, "second", timedelta(days=9), False),
        Case({"status": "FAILED", "reason": "opted_out", "settled_at": NOW}, "second", timedelta(days=9), False),
        Case({"status": "FAILED", "reason": NOT_SENT, "settled_at": NOW}, "second", timedelta(), True),
    ],
)
def test_who_may_go_on_with_a_promise(case: Case) -> None:
    assert may_take_over(row(**case.changes), case.holder, NOW + case.after) is case.may


def test_every_promise_ends_as_one_of_four() -> None:
    assert {final_status(status) for status in Status} == {
        Status.SENT,
        Status.SUPPRESSED,
        Status.FAILED,
        Status.UNCERTAIN,
    }
    assert final_status(Status.SENDING) is Status.UNCERTAIN
    assert final_status(Status.COMPOSED) is Status.FAILED


def test_sending_is_entered_from_composed_only_and_nothing_leaves_sent() -> None:
    assert ENTERED_FROM[Status.SENDING] == (Status.COMPOSED,)
    assert all(Status.SENT not in sources for sources in ENTERED_FROM.values())
    assert set(ENTERED_FROM) == set(Status)
