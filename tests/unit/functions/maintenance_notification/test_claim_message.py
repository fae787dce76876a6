"""ClaimMessage: one promise an event and recipient, suppressions included."""

from typing import Any

import pytest
from pydantic import ValidationError

from meterflow import ids
from meterflow.message import Status


@pytest.fixture
def claim(machine: Any, lambda_context: Any, event: Any) -> Any:
    sample = event("maintenance_notification/claim_message")
    return lambda **changes: machine.steps["claim_message"].handler({**sample, **changes}, lambda_context)


def test_the_sample_event_is_claimed(claim: Any, rows: Any, event: Any) -> None:
    sample = event("maintenance_notification/claim_message")
    result = claim()
    assert result == {
        "notification_id": ids.derived_id(sample["event_id"], sample["recipient"]),
        "event_id": sample["event_id"],
        "topic": "reading_settled",
        "outcome": "CLAIMED",
    }
    (row,) = rows()
    assert (row.status, row.channel, row.locale, row.holder) == (
        Status.CLAIMED,
        "email",
        "en",
        sample["execution_id"],
    )
    assert row.data["value"] == "01234.567"


def test_another_execution_finds_it_claimed_and_its_own_goes_on(claim: Any) -> None:
    claim()
    assert claim(execution_id="other")["outcome"] == "ALREADY"
    assert claim()["outcome"] == "CLAIMED"


def test_a_topic_that_is_off_is_a_row_too(claim: Any, rows: Any, person: Any) -> None:
    person(preferences={"topics_off": ["reading_settled"]})
    assert claim()["outcome"] == "SUPPRESSED"
    (row,) = rows()
    assert (row.status, row.reason) == (Status.SUPPRESSED, "topic_off")
    assert row.settled_at is not None
    person()
    assert claim()["outcome"] == "ALREADY"


def test_language_and_channel_are_the_recipients(claim: Any, rows: Any, person: Any) -> None:
    person(preferences={"channel": "sms", "language": "es"})
    claim()
    (row,) = rows()
    assert (row.channel, row.locale) == ("sms", "es")


def test_each_recipient_of_an_event_has_a_promise(claim: Any, rows: Any) -> None:
    assert claim()["outcome"] == claim(recipient="operators")["outcome"] == "CLAIMED"
    assert len(rows()) == 2


def test_only_the_topics_own_fields_are_kept(claim: Any, rows: Any, event: Any) -> None:
    data = event("maintenance_notification/claim_message")["data"]
    claim(data={**data, "phone": "+34600000001", "reasons": None, "value": "1\r\nBcc: x"})
    (row,) = rows()
    assert "phone" not in row.data
    assert row.data["reasons"] == []
    assert row.data["value"] == "1 Bcc: x"


@pytest.mark.parametrize(
    "changes",
    [
        {"topic": "no_such"},
        {"event_id": "short"},
        {"recipient": ""},
        {"data": {}},
        {"data": {"submission_id": "s", "meter_id": "m", "status": "PROCESSING"}},
    ],
)
def test_what_cannot_be_told_is_a_bug_and_leaves_no_row(claim: Any, rows: Any, changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        claim(**changes)
    assert rows() == []
