"""The ledger: every write holds only from where it may start, and a lost race changes nothing."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from botocore.exceptions import ClientError

from meterflow.adapters import ledger
from meterflow.errors import BrokenInvariant
from meterflow.message import ENTERED_FROM, NOT_SENT, Message, Notification, Status

pytestmark = pytest.mark.usefixtures("aws")

NOW = datetime(2026, 11, 21, 8, 0, 0, 123000, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
TEXT = Message(event_id="abcdefgh-1", subject="s", text="t Ref abcdefgh", html="Ref abcdefgh", sms="Ref abcdefgh")


def row(status: Status = Status.CLAIMED, **changes: Any) -> Notification:
    values: dict[str, Any] = {
        "notification_id": "n",
        "event_id": "abcdefgh-1",
        "topic": "job_changed",
        "recipient": "c",
        "channel": "email",
        "locale": "en",
        "status": status,
        "data": {"risk": 0.5, "list": ["é"]},
        "holder": "first",
        "claimed_at": NOW,
        "created_at": NOW,
    }
    return Notification.model_validate(values | changes)


def test_a_row_comes_back_as_it_was_written() -> None:
    written = row(message=TEXT, attempt="first#0", reason="r", sent_at=NOW, settled_at=NOW, provider_message_id="p")
    assert ledger.add(written) is None
    assert ledger.read("n") == written


def test_the_second_claim_gets_the_first_row() -> None:
    ledger.add(row())
    there = ledger.add(row(holder="second"))
    assert there == row()
    assert ledger.read("n").holder == "first"


def test_a_promise_that_was_never_made_is_a_bug() -> None:
    with pytest.raises(BrokenInvariant):
        ledger.read("n")


MOVES = {
    Status.SENDING: lambda name: ledger.begin_sending(name, "first#0"),
    Status.SENT: lambda name: ledger.record_sent(name, "first#0", "p", NOW),
    Status.FAILED: lambda name: ledger.record_refused(name, "r"),
    Status.SUPPRESSED: lambda name: ledger.record_suppressed(name, "r"),
}


def test_each_status_is_entered_only_from_where_the_rules_say() -> None:
    for start, to in product(Status, MOVES):
        name = f"{start}-{to}"
        ledger.add(row(start, notification_id=name, attempt="first#0"))
        moved = MOVES[to](name)
        assert moved is (start in ENTERED_FROM[to]), name
        assert ledger.read(name).status is (to if moved else start), name


@pytest.mark.parametrize("microsecond", [0, 1, 999, 1000, 999_999])
def test_a_time_within_a_millisecond_does_not_lose_the_race(microsecond: int) -> None:
    ledger.add(row(claimed_at=NOW.replace(microsecond=microsecond)))
    assert ledger.take_over(ledger.read("n"), "second", LATER)


def test_only_the_attempt_that_sent_may_say_so() -> None:
    ledger.add(row(Status.SENDING, attempt="second#0"))
    assert not ledger.record_sent("n", "first#0", "p", NOW)
    ledger.release("n", "first#0")
    assert ledger.read("n").status is Status.SENDING
    ledger.release("n", "second#0")
    assert ledger.read("n").status is Status.COMPOSED


def test_the_first_text_stands() -> None:
    ledger.add(row())
    ledger.compose("n", TEXT)
    ledger.compose("n", TEXT.model_copy(update={"subject": "other"}))
    assert ledger.read("n").message == TEXT
    assert ledger.read("n").status is Status.COMPOSED


def test_composing_never_takes_a_message_back_from_sending() -> None:
    ledger.add(row(Status.SENDING, attempt="first#0"))
    ledger.compose("n", TEXT)
    assert ledger.read("n").status is Status.SENDING


def test_one_of_two_takes_over() -> None:
    ledger.add(row())
    read = ledger.read("n")
    assert ledger.take_over(read, "second", LATER)
    assert not ledger.take_over(read, "third", LATER)
    assert ledger.read("n").holder == "second"


def test_what_an_outage_left_unsent_starts_again() -> None:
    ledger.add(row(Status.FAILED, reason=NOT_SENT, settled_at=NOW))
    assert ledger.take_over(ledger.read("n"), "second", LATER)
    again = ledger.read("n")
    assert (again.status, again.reason, again.settled_at) == (Status.CLAIMED, None, None)


def test_a_promise_is_closed_once() -> None:
    ledger.add(row(Status.SENDING))
    read = ledger.read("n")
    assert ledger.settle(read, Status.UNCERTAIN, None, NOW)
    assert not ledger.settle(read, Status.UNCERTAIN, None, LATER)
    assert not ledger.settle(ledger.read("n"), Status.UNCERTAIN, None, LATER)
    assert ledger.read("n").settled_at == NOW


def test_other_errors_are_not_taken_for_a_lost_race(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFICATIONS_TABLE", "no-such-table")
    with pytest.raises(ClientError):
        ledger.begin_sending("n", "a")
