"""CloseReview: silence refuses the reading, unless somebody spoke in the last moment."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from meterflow import clock
from meterflow.adapters import meters, readings, reviews
from meterflow.contracts.image_validation import ReviewRequest
from meterflow.errors import BrokenInvariant


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

    def call(holder: str = "h") -> dict[str, Any]:
        answer: dict[str, Any] = app.handler({**review_request, "holder": holder}, lambda_context)
        return answer

    return call


def decide() -> reviews.Review | None:
    return reviews.decide(
        "s-1", reviews.Decision(value="1", reason="r", decided_by="op", decided_at="2026-11-20T09:00:00Z")
    )


def test_an_expired_review_refuses_the_reading(close: Callable[..., Any]) -> None:
    assert close() == {"outcome": "EXPIRED"}
    reading, review = readings.get("s-1"), reviews.get("s-1")
    assert reading is not None
    assert (reading.status, reading.quality) == ("REJECTED", "raw")
    assert reading.reasons == ("photo_unreadable", "blurred", "review_expired")
    meter = meters.get("GAS-0001")
    assert meter is not None
    assert (meter.open_review, meter.latest) == (None, None)
    assert review is not None
    assert review.status == "EXPIRED"
    late = decide()
    assert late is not None
    assert late.decision is None


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
    decide()
    assert close() == {"outcome": "DECIDED"}
    reading = readings.get("s-1")
    assert reading is not None
    assert reading.status == "NEEDS_REVIEW"
    meter = meters.get("GAS-0001")
    assert meter is not None
    assert meter.open_review == "s-1"


def test_only_the_holder_closes(close: Callable[..., Any]) -> None:
    with pytest.raises(BrokenInvariant):
        close("another")
