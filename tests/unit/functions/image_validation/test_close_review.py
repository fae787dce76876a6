"""CloseReview: silence refuses the reading, unless somebody spoke in the last moment."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from meterflow import clock
from meterflow.adapters import meters, readings, review_withdrawal, reviews
from meterflow.contracts.image_validation import ReviewRequest
from meterflow.errors import BrokenInvariant
from meterflow.review_decision import Decision, Opinion


@pytest.fixture
def close(
    load_handler: Callable[[str, str], Any],
    lambda_context: Any,
    in_review: Any,  # noqa: ARG001
    review_request: dict[str, Any],
) -> Callable[..., dict[str, Any]]:
    app = load_handler("image_validation", "close_review")
    now = clock.now()
    reviews.open_review(
        ReviewRequest.model_validate(review_request),
        holder="h",
        task_token="t",
        escalated=True,
        deadline_at=now + timedelta(seconds=1),
        kept_key=None,
        now=now,
    )

    def call(holder: str = "h", **more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = app.handler({**review_request, "holder": holder, **more}, lambda_context)
        return answer

    return call


def say(outcome: str = "DECIDED", stage: str = "FIRST", who: str = "op") -> bool:
    words = {"value": "1", "reason": "r", "decided_by": who, "decided_at": "2026-11-20T09:00:00Z"}
    opinion = Opinion.model_validate({**words, "stage": stage, "outcome": outcome})
    return reviews.give_opinion("s-1", opinion, Decision.model_validate(words) if outcome == "DECIDED" else None)


def test_an_expired_review_refuses_the_reading(close: Callable[..., Any]) -> None:
    assert close() == {"outcome": "EXPIRED"}
    reading, review = readings.get("s-1"), reviews.get("s-1")
    assert reading is not None
    assert (reading.status, reading.quality) == ("REJECTED", "raw")
    assert reading.reasons == ("photo_unreadable", "blurred", "review_expired")
    meter = meters.get("GAS-0001")
    assert meter is not None
    assert (meter.open_reviews, meter.latest) == (frozenset(), None)
    assert review is not None
    assert review.status == "EXPIRED"
    assert reviews.queue(10)[0] == []
    assert not say()
    late = reviews.get("s-1")
    assert late is not None
    assert (late.decision, late.opinions) == (None, ())


def test_dying_between_closing_and_settling(close: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    real = readings.settle

    def dies(*_arguments: Any, **_more: Any) -> str:
        raise MemoryError

    monkeypatch.setattr(readings, "settle", dies)
    with pytest.raises(MemoryError):
        close()
    monkeypatch.setattr(readings, "settle", real)
    assert close() == {"outcome": "EXPIRED"}
    reading = readings.get("s-1")
    assert reading is not None
    assert reading.status == "REJECTED"
    assert close() == {"outcome": "EXPIRED"}


def test_a_decision_in_the_last_moment_counts(close: Callable[..., Any]) -> None:
    say()
    assert close() == {"outcome": "DECIDED"}
    reading = readings.get("s-1")
    assert reading is not None
    assert reading.status == "NEEDS_REVIEW"
    meter = meters.get("GAS-0001")
    assert meter is not None
    assert meter.open_reviews == {"s-1"}


def test_only_the_holder_closes(close: Callable[..., Any]) -> None:
    with pytest.raises(BrokenInvariant):
        close("another")


def test_a_first_opinion_in_the_last_moment_goes_on_to_the_second_person(close: Callable[..., Any]) -> None:
    say("SECOND_OPINION")
    assert close() == {"outcome": "SECOND_OPINION"}
    # Nobody gave a second opinion: then the review expires, and the first one stays in the row.
    assert close(stage="SECOND") == {"outcome": "EXPIRED"}
    review, reading = reviews.get("s-1"), readings.get("s-1")
    assert review is not None
    assert (review.status, len(review.opinions)) == ("EXPIRED", 1)
    assert reading is not None
    assert reading.status == "REJECTED"


def test_an_audit_that_nobody_looked_at_leaves_the_reading(close: Callable[..., Any]) -> None:
    before = readings.get("s-1")
    assert close(audit=True) == {"outcome": "KEPT"}
    assert readings.get("s-1") == before
    review = reviews.get("s-1")
    assert review is not None
    assert review.status == "EXPIRED"


@pytest.mark.parametrize("opinions", [0, 1])
def test_a_withdrawn_review_leaves_what_settled_it(close: Callable[..., Any], opinions: int) -> None:
    if opinions:
        say("SECOND_OPINION")
    review_withdrawal.withdraw("s-1")
    before = readings.get("s-1")
    assert close(stage="SECOND" if opinions else "FIRST") == {"outcome": "KEPT"}
    assert readings.get("s-1") == before
