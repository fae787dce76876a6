"""AnnounceDecision: what the table holds, under the second event id."""

from collections.abc import Callable
from typing import Any

import pytest

from meterflow import clock, ids
from meterflow.adapters import readings
from meterflow.errors import BrokenInvariant


def test_the_decision_is_told_as_it_stands(
    load_handler: Callable[[str, str], Any], lambda_context: Any, in_review: Any, published: list[Any]
) -> None:
    readings.settle(
        "s-1",
        meter_id="GAS-0001",
        status="ACCEPTED",
        quality="edited",
        reasons=["review_corrected"],
        value="06378.341",
        taken_at=in_review.taken_at,
        now=clock.now(),
        expected=("NEEDS_REVIEW",),
    )
    app = load_handler("image_validation", "announce_decision")
    event_id = ids.derived_id("s-1", "decided")
    for _ in range(2):
        assert app.handler({"submission_id": "s-1"}, lambda_context)["event_id"] == event_id
    assert published[0] == published[1]
    kind, detail = published[0]
    assert kind == "ReadingSettled"
    assert event_id != "s-1"
    assert {name: detail[name] for name in ("event_id", "status", "quality", "value", "unit", "kind")} == {
        "event_id": event_id,
        "status": "ACCEPTED",
        "quality": "edited",
        "value": "06378.341",
        "unit": "m3",
        "kind": "gas",
    }
    assert "Canary" not in str(detail)


def test_an_unknown_submission_is_a_bug(
    load_handler: Callable[[str, str], Any],
    lambda_context: Any,
    aws: None,  # noqa: ARG001
    published: list[Any],
) -> None:
    app = load_handler("image_validation", "announce_decision")
    with pytest.raises(BrokenInvariant):
        app.handler({"submission_id": "nobody"}, lambda_context)
    assert published == []
