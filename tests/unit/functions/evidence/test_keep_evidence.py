"""KeepEvidence: one sealed record for each state that a value was in, whoever settled it and however often it runs."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from meterflow import evidence
from meterflow.adapters import evidence_records, photos, readings, validation_results
from meterflow.errors import TransientError
from meterflow.reading import PhotoResult, Source, new_reading
from meterflow.register import Candidate

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
TAKEN_AT = "2026-11-20T08:00:00Z"
PHOTO = b"\xff\xd8\xff the kept copy"

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def keep(load_handler: Any, lambda_context: Any) -> Callable[..., dict[str, Any]]:
    handler = load_handler("evidence", "keep_evidence").handler

    def run(submission_id: str = "s-1", status: str = "ACCEPTED") -> dict[str, Any]:
        result: dict[str, Any] = handler({"detail": {"submission_id": submission_id, "status": status}}, lambda_context)
        return result

    return run


def settle(submission_id: str = "s-1", status: str = "ACCEPTED", **more: Any) -> None:
    row = new_reading(
        submission_id=submission_id,
        meter_id="WTR-0001",
        value="00123.456",
        taken_at=TAKEN_AT,
        source=Source.CUSTOMER,
        submitted_by="c-1",
        photo_key=None,
        received_at=NOW,
    )
    readings.put_new_submission(row)
    given = {"quality": "valid", "reasons": (), "value": "00123.456", "taken_at": TAKEN_AT, "now": NOW} | more
    assert readings.settle(submission_id, meter_id="WTR-0001", status=status, **given) == "SETTLED"


def record(submission_id: str = "s-1") -> dict[str, Any]:
    found = evidence_records.newest(submission_id)
    assert found
    return found[0]


def test_an_accepted_value_is_sealed_with_its_rules(keep: Any) -> None:
    settle(validation={"rule_set": "v+1", "rules": [{"rule": "late", "result": "PASSED", "code": None}]})
    kept = keep()
    assert kept["outcome"] == "KEPT"
    assert kept["sha256"] == evidence.verify(record())
    assert record()["rules"] == [{"rule": "late", "result": "PASSED", "code": None}]
    assert (record()["value"], record()["quality"], record()["previous_sha256"]) == ("00123.456", "valid", None)


def test_the_photo_is_named_by_its_bytes_and_what_else_it_may_show(keep: Any) -> None:
    assert validation_results.claim_photo("photo#p@1", "h", NOW) == "CLAIMED"
    candidates = [Candidate("00123.456", 0.97), Candidate("00123.458", 0.02)]
    validation_results.keep_words("photo#p@1", "h", [], 1.0, candidates)
    assert validation_results.store_photo_result("photo#p@1", "h", "READ", "photos/k.jpg", (), NOW)
    photos.put_kept("photos/k.jpg", PHOTO, "image/jpeg")
    settle(photo=PhotoResult(verdict="MATCH", reading="00123.456", confidence=0.97, photo_id="photo#p@1"))
    keep()
    assert evidence.verify(record(), PHOTO)
    assert record()["photo"]["sha256"] == hashlib.sha256(PHOTO).hexdigest()
    assert record()["photo"]["alternatives"] == [
        {"reading": "00123.456", "odds": "0.970000"},
        {"reading": "00123.458", "odds": "0.020000"},
    ]


def test_a_repeated_event_adds_nothing(keep: Any) -> None:
    settle()
    first = keep()
    assert keep() == {**first, "outcome": "SAME"}
    versions = boto3.client("s3").list_object_versions(Bucket="meterflow-lake", Prefix="evidence/")["Versions"]
    assert len(versions) == 1


def test_a_withdrawn_value_goes_on_with_its_chain(keep: Any) -> None:
    settle()
    before = keep()["sha256"]
    first = record()
    edit = {"reason": "false_high", "edited_by": "meterflow", "edited_at": "2026-11-21T09:00:00Z"}
    readings.settle(
        "s-1",
        meter_id="WTR-0001",
        status="REJECTED",
        quality="raw",
        reasons=["false_high"],
        value="00123.456",
        taken_at=TAKEN_AT,
        edit=edit,
        now=NOW,
        expected=("ACCEPTED",),
    )
    assert keep(status="REJECTED")["outcome"] == "KEPT"
    assert evidence.verify(record(), None, first)
    assert (record()["previous_sha256"], record()["status"], record()["edit"]) == (before, "REJECTED", edit)


@pytest.mark.parametrize("status", ["REJECTED", "NEEDS_REVIEW"])
def test_what_never_counted_needs_no_proof(keep: Any, status: str) -> None:
    settle(status=status, quality="raw", reasons=("decreasing",))
    assert keep(status=status)["outcome"] == "NOT_ACCEPTED"
    assert keep("nobody")["outcome"] == "NOT_ACCEPTED"
    assert evidence_records.newest("s-1") is None


def test_killed_beside_the_write_then_run_again(keep: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settle()
    real = evidence_records.put

    def killed_after(*given: Any) -> None:
        real(*given)
        raise TransientError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(evidence_records, "put", killed_after)
        with pytest.raises(TransientError):
            keep()
    assert keep()["outcome"] == "SAME"


def test_of_two_writers_the_second_starts_again(keep: Any) -> None:
    """Whoever looked before the other wrote may not write over it."""
    settle()
    keep()
    with pytest.raises(TransientError):
        evidence_records.put(record(), None)
    with pytest.raises(TransientError):
        evidence_records.put(record(), '"another version"')


def test_the_sample_event(load_handler: Any, lambda_context: Any, event: Any) -> None:
    sample = event("evidence/keep_evidence")
    settle(sample["detail"]["submission_id"])
    assert load_handler("evidence", "keep_evidence").handler(sample, lambda_context)["outcome"] == "KEPT"
