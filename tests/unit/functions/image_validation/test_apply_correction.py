"""ApplyCorrection: valid or edited, the original and the reason kept, and a label for training."""

import hashlib
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
from meterflow.review_decision import Decision, Opinion
from meterflow.review_label import Label

PHOTO_ID = "photo#uploads/00000000-0000-4000-8000-000000000001/4f5b.jpg@v1"
DECIDED_AT = "2026-11-20T09:00:00Z"
WORD = Word("06376341", 0.98, ((0.4, 0.4), (0.9, 0.4), (0.9, 0.5), (0.4, 0.5)))


@pytest.fixture
def apply(
    load_handler: Callable[[str, str], Any],
    lambda_context: Any,
    in_review: Any,  # noqa: ARG001
    review_request: dict[str, Any],
) -> Callable[..., dict[str, Any]]:
    app = load_handler("image_validation", "apply_correction")

    def call(**more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = app.handler({**review_request, **more}, lambda_context)
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
        words = {"value": value, "reason": "Canary lives here", "decided_by": "op", "decided_at": DECIDED_AT}
        opinion = Opinion.model_validate(words)
        assert reviews.give_opinion("s-1", opinion, Decision.model_validate(words))

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
    assert (meter.open_reviews, meter.risk_level) == (frozenset(), "HIGH")


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
    assert (meter.open_reviews, meter.risk_level, reading.risk_level) == (frozenset(), None, "HIGH")


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
    assert (document["kind"], document["digits"], document["decimals"], document["wheels"]) == ("gas", 5, 3, "06378341")
    assert (document["photo_version"], document["agreement"], document["audit"]) == ("v1", "ONE", False)
    assert document["decided_by"] not in ("op", "")
    for personal in ("Canary", "00000000-0000-4000-8000-000000000001", "uploads/", '"op"'):
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
    assert meter.open_reviews == {"s-1"}
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


def test_the_label_knows_the_photos_hash_and_where_the_register_is(
    apply: Callable[..., Any], decide: Callable[[str], None]
) -> None:
    boto3.client("s3").put_object(Bucket="meterflow-photos", Key="photos/a.jpg", Body=b"picture")
    decide("06376.341")
    apply()
    document = json.loads(label())
    assert document["sha256"] == hashlib.sha256(b"picture").hexdigest()
    # The word shows exactly the decided figures, so the reader saw the register there.
    assert document["corners"] == [list(corner) for corner in WORD.corners]


def test_a_label_is_written_once(apply: Callable[..., Any], decide: Callable[[str], None]) -> None:
    decide("06378.341")
    apply()
    first = label()
    boto3.client("s3").put_object(Bucket="meterflow-photos", Key="photos/a.jpg", Body=b"another picture")
    apply()
    assert label() == first


def accept_unseen() -> None:
    """The reading is accepted on its own evidence, and audited."""
    row = readings.get("s-1")
    assert row is not None
    parts = {"meter_id": row.meter_id, "value": row.value, "taken_at": row.taken_at, "now": clock.now()}
    parts |= {"status": "ACCEPTED", "quality": "valid", "reasons": [], "expected": ("NEEDS_REVIEW",)}
    assert readings.settle("s-1", **parts) == "SETTLED"


def test_an_audit_that_agrees_changes_nothing(apply: Callable[..., Any], decide: Callable[[str], None]) -> None:
    accept_unseen()
    before = readings.get("s-1")
    decide("06376.341")
    assert apply(audit=True) == {"outcome": "UNCHANGED", "settled": "ALREADY"}
    assert readings.get("s-1") == before


def test_an_audit_edits_what_it_finds_wrong_once(apply: Callable[..., Any], decide: Callable[[str], None]) -> None:
    accept_unseen()
    decide("06378.341")
    assert apply(audit=True) == {"outcome": "EDITED", "settled": "SETTLED"}
    reading, meter = readings.get("s-1"), meters.get("GAS-0001")
    assert reading is not None
    assert (reading.status, reading.quality, reading.value) == ("ACCEPTED", "edited", "06378.341")
    assert reading.original_value == "06376.341"
    assert meter is not None
    assert meter.latest is not None
    assert meter.latest.value == "06378.341"
    # The step died after its write: its own edit is found.
    assert apply(audit=True) == {"outcome": "EDITED", "settled": "ALREADY"}
    assert readings.get("s-1") == reading


def test_an_audit_never_undoes_another_edit(apply: Callable[..., Any], decide: Callable[[str], None]) -> None:
    accept_unseen()
    row = readings.get("s-1")
    assert row is not None
    parts = {"meter_id": row.meter_id, "value": "06377.000", "taken_at": row.taken_at, "now": clock.now()}
    edit = {"reason": "r", "edited_by": "rule", "edited_at": "2026-11-20T08:30:00Z"}
    parts |= {"status": "ACCEPTED", "quality": "edited", "reasons": [], "expected": ("ACCEPTED",), "edit": edit}
    readings.settle("s-1", **parts)
    decide("06378.341")
    assert apply(audit=True) == {"outcome": "SUPERSEDED", "settled": "ALREADY"}
    reading = readings.get("s-1")
    assert reading is not None
    assert reading.value == "06377.000"


@pytest.mark.parametrize("value", ["06376.341", "06378.341"])
def test_what_the_next_reading_settled_first_is_not_announced_as_the_reviewers(
    apply: Callable[..., Any], decide: Callable[[str], None], value: str
) -> None:
    decide(value)
    accept_unseen()
    assert apply() == {"outcome": "SUPERSEDED", "settled": "ALREADY"}


def test_a_confirmation_repeated_is_still_ones_own(apply: Callable[..., Any], decide: Callable[[str], None]) -> None:
    decide("06376.341")
    apply()
    assert apply() == {"outcome": "CONFIRMED", "settled": "ALREADY"}


def test_where_the_open_reader_looked_counts_as_right_only_where_it_read_what_was_decided() -> None:
    corners = ((0.1, 0.1), (0.5, 0.1), (0.5, 0.2), (0.1, 0.2))
    parts: dict[str, Any] = {
        "submission_id": "s",
        "meter_id": "m",
        "photo_key": None,
        "photo_version": None,
        "sha256": None,
        "aspect": None,
        "words": (),
        "located": corners,
        "digits": 5,
        "confidence": None,
        "verdict": "MISMATCH",
        "reasons": (),
        "submitted": "1",
        "label": "123.4",
        "agreement": "ONE",
        "decided_by": "p",
        "decided_at": "2026-11-20T09:00:00Z",
        "audit": False,
    }
    right, wrong = (Label.model_validate({**parts, "seen": seen}) for seen in ("00123.400", "00128.400"))
    assert (right.corners, wrong.corners, wrong.located) == (corners, None, corners)
    assert right.wheels == "001234"
    assert Label.model_validate({**parts, "seen": None, "label": "123456"}).wheels is None
