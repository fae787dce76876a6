"""ClaimPhoto: one execution a version."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from meterflow import clock
from meterflow.adapters import validation_results

Load = Callable[[str, str], Any]
KEY = "uploads/00000000-0000-4000-8000-000000000001/4f5b.jpg"


@pytest.fixture
def claim(load_handler: Load, lambda_context: Any) -> Callable[..., dict[str, Any]]:
    app = load_handler("image_validation", "claim_photo")

    def call(holder: str = "one", key: str = KEY, version: str | None = None) -> dict[str, Any]:
        answer: dict[str, Any] = app.handler({"photo_key": key, "version": version, "holder": holder}, lambda_context)
        return answer

    return call


def test_the_first_claims_and_the_second_waits(claim: Callable[..., Any], upload: Callable[..., str]) -> None:
    version = upload(b"x")
    first = claim("one")
    assert first == {
        "outcome": "CLAIMED",
        "photo_id": f"photo#{KEY}@{version}",
        "version": version,
        "reasons": [],
    }
    assert claim("two")["outcome"] == "BUSY"


def test_a_retried_step_goes_on(claim: Callable[..., Any], upload: Callable[..., str]) -> None:
    upload(b"x")
    assert claim("one")["outcome"] == "CLAIMED"
    assert claim("one")["outcome"] == "CLAIMED"


def test_the_upload_event_and_the_submission_find_the_same_version(
    claim: Callable[..., Any], upload: Callable[..., str]
) -> None:
    version = upload(b"x")
    by_event = claim("one", version=version)
    by_submission = claim("two")
    assert by_event["photo_id"] == by_submission["photo_id"]
    assert by_submission["outcome"] == "BUSY"


def test_another_version_is_another_photo(claim: Callable[..., Any], upload: Callable[..., str]) -> None:
    upload(b"x")
    assert claim("one")["outcome"] == "CLAIMED"
    upload(b"y")
    assert claim("two")["outcome"] == "CLAIMED"


def test_a_dead_execution_is_taken_over_after_its_lease(
    claim: Callable[..., Any], upload: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(b"x")
    photo_id = claim("dead")["photo_id"]
    later = clock.now() + validation_results.LEASE + timedelta(seconds=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert claim("two")["outcome"] == "CLAIMED"
    # The first wakes up again: what it stores now must not count.
    assert not validation_results.store_photo_result(photo_id, "dead", "UNREADABLE", None, [], later)
    validation_results.keep_words(photo_id, "dead", [], 1.0, [])
    assert validation_results.store_photo_result(photo_id, "two", "READ", "photos/a.jpg", [], later)
    assert claim("three")["outcome"] == "DONE"
    row = validation_results.photo(photo_id)
    assert row is not None
    assert (row.state, row.kept_key) == ("READ", "photos/a.jpg")


@pytest.mark.parametrize(
    "key", ["uploads/nobody/none.jpg", "photos/4f5b.jpg", "uploads/a.gif", "uploads/../photos/a.jpg", ""]
)
def test_what_is_no_upload_is_missing(claim: Callable[..., Any], aws: None, key: str) -> None:  # noqa: ARG001
    assert claim(key=key) == {"outcome": "MISSING", "photo_id": None, "version": None, "reasons": ["photo_missing"]}


def test_a_deleted_upload_is_missing(claim: Callable[..., Any], upload: Callable[..., str]) -> None:
    import boto3

    upload(b"x")
    boto3.client("s3").delete_object(Bucket="meterflow-uploads", Key=KEY)
    assert claim()["outcome"] == "MISSING"
