"""RequestReview: one review a submission, and no token is left unanswered."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from meterflow.adapters import meters, review_withdrawal, reviews, validation_results
from meterflow.clock import now
from meterflow.contracts.image_validation import Comparison
from meterflow.meter import Meter
from meterflow.review_decision import Decision, Opinion


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


def say(value: str = "06376.341", who: str = "op", stage: str = "FIRST", outcome: str = "DECIDED") -> bool:
    """Record an opinion as the API does."""
    opinion = Opinion.model_validate(
        {
            "value": value,
            "reason": "seen",
            "decided_by": who,
            "decided_at": "2026-11-20T09:00:00Z",
            "stage": stage,
            "outcome": outcome,
        }
    )
    return reviews.give_opinion("s-1", opinion, as_decision(opinion) if outcome == "DECIDED" else None)


def as_decision(opinion: Opinion) -> Decision:
    return Decision.model_validate(opinion.model_dump())


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
    assert say()
    assert request_review("one", "t2", escalated=True) == "DECIDED"
    assert machines.answers == [("t2", json.dumps({"decision": "DECIDED"}))]
    assert row().status == "DECIDED"


def test_a_late_event_does_not_open_a_decided_review_again(request_review: Callable[..., str], machines: Any) -> None:
    request_review("one", "t1")
    assert say()
    assert request_review("two", "t2") == "ALREADY_OPEN"
    assert machines.answers == [("t2", json.dumps({"decision": "ALREADY_OPEN"}))]


def test_two_decisions_one_counts(request_review: Callable[..., str]) -> None:
    request_review("one", "t1")
    assert say("06376.341")
    assert not say("06376.342", "other")
    assert [one.value for one in row().opinions] == ["06376.341"]
    assert row().decision is not None
    assert row().decision.value == "06376.341"  # type: ignore[union-attr]


def test_the_second_person_is_asked_under_a_new_token(request_review: Callable[..., str], machines: Any) -> None:
    request_review("one", "t1")
    say(outcome="SECOND_OPINION")
    assert (row().status, row().stage, row().token_stage) == ("PENDING_REVIEW", "SECOND", "FIRST")
    assert request_review("one", "t2", stage="SECOND") == "OPENED"
    assert (row().task_token, row().token_stage, machines.answers) == ("t2", "SECOND", [])
    assert [one.value for one in row().opinions] == ["06376.341"], "the first decision is kept"


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ([("FIRST", "SECOND_OPINION")], "SECOND_OPINION"),
        ([("FIRST", "SECOND_OPINION"), ("SECOND", "DISAGREED")], "DISAGREED"),
        ([("FIRST", "SECOND_OPINION"), ("SECOND", "DECIDED")], "DECIDED"),
        ([("FIRST", "SECOND_OPINION"), ("SECOND", "DISAGREED"), ("LEAD", "DECIDED")], "DECIDED"),
    ],
)
def test_what_was_said_while_no_token_was_alive_is_found(
    request_review: Callable[..., str], machines: Any, said: list[tuple[str, str]], heard: str
) -> None:
    # The first wait timed out; people went on deciding before the machine asked again for the first person.
    request_review("one", "t1")
    for number, (stage, outcome) in enumerate(said):
        assert say(str(number), f"op-{number}", stage, outcome)
    assert request_review("one", "t2", escalated=True) == heard
    assert machines.answers == [("t2", json.dumps({"decision": heard}))]
    assert row().task_token == "t1", "nothing waits for the token that was answered"


def test_the_queue_knows_what_is_at_stake(request_review: Callable[..., str], meter: Meter) -> None:  # noqa: ARG001
    comparison = Comparison(verdict="MISMATCH", reading="06378.341", confidence=0.9)
    validation_results.store_verdict("s-1", "GAS-0001", "06376.341", "2026-11-20T08:00:00Z", comparison, now())
    request_review("one", "t1", verdict="MISMATCH", reading="06378.341")
    stake = row().stake
    assert stake is not None
    assert (float(stake.odds), float(stake.difference), float(stake.price)) == (0.9, 2.0, 1.1)
    # Once more after the deadline: the stake and the time of opening stay, the place rises.
    opened_at = row().opened_at
    request_review("one", "t2", escalated=True)
    assert (row().stake, row().opened_at) == (stake, opened_at)
    assert [one.submission_id for one in reviews.queue(10)[0]] == ["s-1"]


def test_an_audit_of_a_matched_photo_opens(request_review: Callable[..., str], meter: Meter) -> None:  # noqa: ARG001
    comparison = Comparison(verdict="MATCH", reading="06376.341", confidence=0.99)
    validation_results.store_verdict("s-1", "GAS-0001", "06376.341", "2026-11-20T08:00:00Z", comparison, now())
    assert request_review("one", "t1", audit=True, verdict="MATCH") == "OPENED"
    assert (row().status, row().audit) == ("PENDING_REVIEW", True)
    found = meters.get("GAS-0001")
    assert found is not None
    assert row().stake is not None, "a usual month is at stake"


def test_a_review_that_was_withdrawn_between_two_people_ends(request_review: Callable[..., str], machines: Any) -> None:
    request_review("one", "t1")
    say(outcome="SECOND_OPINION")
    review_withdrawal.withdraw("s-1")
    assert request_review("one", "t2", stage="SECOND") == "ALREADY_OPEN"
    assert machines.answers == [("t2", json.dumps({"decision": "ALREADY_OPEN"}))]
