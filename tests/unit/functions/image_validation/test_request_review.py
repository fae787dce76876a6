"""RequestReview: one review a submission, and no token is left unanswered."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from meterflow.adapters import reviews


@pytest.fixture
def request_review(
    load_handler: Callable[[str, str], Any],
    lambda_context: Any,
    aws: None,  # noqa: ARG001
    machines: Any,
    review_request: dict[str, Any],
) -> Callable[..., str]:
    app = load_handler("image_validation", "request_review")

    def call(holder: str, token: str, **more: Any) -> str:
        machines.waiting.add(token)
        event = {**review_request, "holder": holder, "task_token": token, "deadline_seconds": 60, **more}
        return str(app.handler(event, lambda_context)["outcome"])

    return call


def decide(value: str = "06376.341") -> reviews.Review | None:
    return reviews.decide(
        "s-1", reviews.Decision(value=value, reason="seen", decided_by="op", decided_at="2026-11-20T09:00:00Z")
    )


def row() -> reviews.Review:
    found = reviews.get("s-1")
    assert found is not None
    return found


def test_the_review_opens_and_waits(request_review: Callable[..., str], machines: Any) -> None:
    assert request_review("one", "t1") == "OPENED"
    assert (row().status, row().task_token, row().verdict) == ("PENDING_REVIEW", "t1", "UNREADABLE")
    assert row().reasons == ("photo_unreadable", "blurred")
    assert machines.answers == []
    assert "t1" not in repr(row())


def test_a_repeated_event_answers_its_own_token(request_review: Callable[..., str], machines: Any) -> None:
    request_review("one", "t1")
    assert request_review("two", "t2") == "ALREADY_OPEN"
    assert machines.answers == [("t2", json.dumps({"decision": "ALREADY_OPEN"}))]
    assert (row().task_token, row().review_holder) == ("t1", "one")


def test_a_retried_step_and_the_escalation_take_the_new_token(request_review: Callable[..., str]) -> None:
    request_review("one", "t1")
    assert request_review("one", "t2") == "OPENED"
    assert row().task_token == "t2"
    assert request_review("one", "t3", escalated=True) == "OPENED"
    assert (row().task_token, row().escalated) == ("t3", True)


def test_a_decision_while_no_token_was_alive_is_found(request_review: Callable[..., str], machines: Any) -> None:
    # Recorded after the first wait timed out and before the second began.
    request_review("one", "t1")
    decide()
    assert request_review("one", "t2", escalated=True) == "DECIDED"
    assert machines.answers == [("t2", json.dumps({"decision": "DECIDED"}))]
    assert row().status == "DECIDED"


def test_a_late_event_does_not_open_a_decided_review_again(request_review: Callable[..., str], machines: Any) -> None:
    request_review("one", "t1")
    decide()
    assert request_review("two", "t2") == "ALREADY_OPEN"
    assert machines.answers == [("t2", json.dumps({"decision": "ALREADY_OPEN"}))]


def test_two_decisions_one_counts(request_review: Callable[..., str]) -> None:
    request_review("one", "t1")
    decide("06376.341")
    second = decide("06376.342")
    assert second is not None
    assert second.decision is not None
    assert second.decision.value == "06376.341"
