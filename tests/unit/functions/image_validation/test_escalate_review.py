"""EscalateReview: the same event each time."""

from collections.abc import Callable
from typing import Any

from meterflow import ids


def test_the_operators_hear_of_it_under_one_event_id(
    load_handler: Callable[[str, str], Any], lambda_context: Any, published: list[Any]
) -> None:
    app = load_handler("image_validation", "escalate_review")
    event = {"submission_id": "s-1", "meter_id": "GAS-0001"}
    first, second = app.handler(event, lambda_context), app.handler(event, lambda_context)
    event_id = ids.derived_id("s-1", "escalated")
    assert first == second == {"outcome": "ESCALATED", "event_id": event_id}
    told = {"event_id": event_id, "submission_id": "s-1", "meter_id": "GAS-0001", "reason": "OVERDUE"}
    assert published == [("ReviewEscalated", told)] * 2


def test_each_stage_is_told_once_and_says_why(
    load_handler: Callable[[str, str], Any], lambda_context: Any, published: list[Any]
) -> None:
    app = load_handler("image_validation", "escalate_review")
    for stage in ("FIRST", "SECOND", "LEAD"):
        app.handler({"submission_id": "s-1", "meter_id": "GAS-0001", "stage": stage}, lambda_context)
    assert [detail["reason"] for _, detail in published] == ["OVERDUE", "OVERDUE", "DISAGREED"]
    assert len({detail["event_id"] for _, detail in published}) == 3
