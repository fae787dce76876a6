"""StoreVerdict: the newest comparison counts until a person begins to look."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from meterflow import clock
from meterflow.adapters import reviews, validation_results
from meterflow.contracts.image_validation import ReviewRequest


@pytest.fixture
def store(load_handler: Callable[[str, str], Any], lambda_context: Any, aws: None) -> Callable[..., dict[str, Any]]:  # noqa: ARG001
    app = load_handler("image_validation", "store_verdict")

    def call(verdict: str, **more: Any) -> dict[str, Any]:
        comparison = {"verdict": verdict, "reading": "06376.341", "confidence": 0.87, "reasons": ["dark"], **more}
        event = {"submission_id": "s-1", "meter_id": "GAS-0001", "value": "1", "taken_at": "2026-11-20T08:00:00Z"}
        answer: dict[str, Any] = app.handler({**event, "comparison": comparison}, lambda_context)
        return answer

    return call


@pytest.mark.parametrize(
    ("verdict", "status"), [("MATCH", "MATCHED"), ("MISMATCH", "COMPARED"), ("UNREADABLE", "COMPARED")]
)
def test_verdict_and_status(store: Callable[..., Any], verdict: str, status: str) -> None:
    assert store(verdict) == {"outcome": "STORED"}
    row = reviews.get("s-1")
    assert row is not None
    assert (row.verdict, row.status, str(row.confidence), row.reasons) == (verdict, status, "0.87", ("dark",))
    assert [one.submission_id for one in reviews.page(status, 10)[0]] == ["s-1"]


def test_the_kept_copy_is_named(store: Callable[..., Any]) -> None:
    validation_results.claim_photo("photo#a@v", "one", clock.now())
    validation_results.store_photo_result("photo#a@v", "one", "READ", "photos/a.jpg", [], clock.now())
    store("MISMATCH", photo_id="photo#a@v")
    row = reviews.get("s-1")
    assert row is not None
    assert row.kept_key == "photos/a.jpg"


def test_a_repeated_comparison_replaces_the_first(store: Callable[..., Any]) -> None:
    store("UNREADABLE")
    assert store("MATCH", reading=None) == {"outcome": "STORED"}
    row = reviews.get("s-1")
    assert row is not None
    assert (row.verdict, row.status, row.reading) == ("MATCH", "MATCHED", None)


def test_what_a_person_looks_at_does_not_change(store: Callable[..., Any]) -> None:
    store("MISMATCH")
    request = ReviewRequest(
        submission_id="s-1", meter_id="GAS-0001", customer_id="c", value="1", taken_at="2026-11-20T08:00:00Z"
    )
    later = clock.now() + timedelta(days=1)
    reviews.open_review(
        request, holder="h", task_token="t", escalated=False, deadline_at=later, kept_key=None, now=clock.now()
    )
    assert store("MATCH") == {"outcome": "KEPT"}
    row = reviews.get("s-1")
    assert row is not None
    assert (row.verdict, row.status) == ("MISMATCH", "PENDING_REVIEW")
