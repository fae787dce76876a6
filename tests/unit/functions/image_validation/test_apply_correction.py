"""ApplyCorrection: valid or edited, the original and the reason kept, and a label for training."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
import pytest

from meterflow import clock
from meterflow.adapters import meters, readings, reviews, validation_results
from meterflow.contracts.image_validation import ReviewRequest
from meterflow.errors import BrokenInvariant
from meterflow.register import Word

PHOTO_ID = "photo#uploads/00000000-0000-4000-8000-000000000001/4f5b.jpg@v1"
WORD = Word("06376341", 0.98, ((0.4, 0.4), (0.9, 0.4), (0.9, 0.5), (0.4, 0.5)))


@pytest.fixture
def apply(
    load_handler: Callable[[str, str], Any],
    lambda_context: Any,
    in_review: Any,  # noqa: ARG001
    review_request: dict[str, Any],
) -> Callable[[], dict[str, Any]]:
    app = load_handler("image_validation", "apply_correction")

    def call() -> dict[str, Any]:
        answer: dict[str, Any] = app.handler(review_request, lambda_context)
        return answer

    return call


@pytest.fixture
def decide(aws: None, review_request: dict[str, Any]) -> Callable[[str], None]:  # noqa: ARG001
    def call(value: str) -> None:
        now = clock.now()
        validation_results.claim_photo(PHOTO_ID, "one", now)
        validation_results.keep_words(PHOTO_ID, "one", [WORD], 1.5, [])
        validation_results.store_photo_result(PHOTO_ID, "one", "READ", "photos/a.jpg", [], now)
        request = ReviewRequest.model_validate({**review_request, "photo_id": PHOTO_ID})
        reviews.open_review(
            request,
            holder="h",
            task_token="t",
            escalated=False,
            deadline_at=now + timedelta(days=1),
            kept_key="photos/a.jpg",
            now=now,
        )
        reviews.decide(
            "s-1",
            reviews.Decision(
                value=value, reason="Canary lives here", decided_by="op", decided_at="2026-11-20T09:00:00Z"
            ),
        )

    return call


def label() -> str:
    answer = boto3.client("s3").get_object(Bucket="meterflow-lake", Key="labels/s-1.json")
    return str(answer["Body"].read().decode())


def test_a_confirmed_value_is_valid(apply: Callable[[], Any], decide: Callable[[str], None]) -> None:
    decide("6376.341")
    assert apply() == {"outcome": "CONFIRMED", "settled": "SETTLED"}
    reading = readings.get("s-1")
    assert reading is not None
    assert (reading.status, reading.quality, reading.value) == ("ACCEPTED", "valid", "06376.341")
    assert (reading.reasons, reading.original_value) == (("review_confirmed",), None)
    meter = meters.get("GAS-0001")
    assert meter is not None
    assert (meter.open_review, meter.risk_level) == (None, "HIGH")


def test_a_corrected_value_is_edited_and_the_original_kept(
    apply: Callable[[], Any], decide: Callable[[str], None]
) -> None:
    decide("06378.341")
    assert apply() == {"outcome": "EDITED", "settled": "SETTLED"}
    reading, meter = readings.get("s-1"), meters.get("GAS-0001")
    assert reading is not None
    assert (reading.status, reading.quality) == ("ACCEPTED", "edited")
    assert (reading.value, reading.original_value) == ("06378.341", "06376.341")
    assert reading.edit == {"reason": "Canary lives here", "edited_by": "op", "edited_at": "2026-11-20T09:00:00Z"}
    assert meter is not None
    assert meter.latest is not None
    assert meter.latest.value == "06378.341"
    # The score was about the value as sent, and stays with the submission.
    assert (meter.open_review, meter.risk_level, reading.risk_level) == (None, None, "HIGH")


def test_the_label_has_photo_words_and_truth_and_nothing_personal(
    apply: Callable[[], Any], decide: Callable[[str], None]
) -> None:
    decide("06378.341")
    apply()
    document = json.loads(label())
    assert (document["photo_key"], document["label"], document["submitted"]) == (
        "photos/a.jpg",
        "06378.341",
        "06376.341",
    )
    assert document["words"][0][0] == "06376341"
    for personal in ("Canary", "00000000-0000-4000-8000-000000000001", "uploads/"):
        assert personal not in label()


def test_dying_before_the_settlement_and_after_it(
    apply: Callable[[], Any], decide: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    decide("06378.341")
    real = readings.settle

    def dies(*_arguments: Any, **_more: Any) -> str:
        raise MemoryError

    monkeypatch.setattr(readings, "settle", dies)
    with pytest.raises(MemoryError):
        apply()
    reading = readings.get("s-1")
    assert reading is not None
    assert reading.status == "NEEDS_REVIEW"
    meter = meters.get("GAS-0001")
    assert meter is not None
    assert meter.open_review == "s-1"
    monkeypatch.setattr(readings, "settle", real)
    first = label()
    assert apply()["settled"] == "SETTLED"
    # Died after the settlement: the retry changes nothing more.
    assert apply() == {"outcome": "EDITED", "settled": "ALREADY"}
    assert label() == first
    reading = readings.get("s-1")
    assert reading is not None
    assert (reading.value, reading.original_value) == ("06378.341", "06376.341")


def test_without_a_decision_nothing_is_applied(apply: Callable[[], Any]) -> None:
    with pytest.raises(BrokenInvariant):
        apply()
