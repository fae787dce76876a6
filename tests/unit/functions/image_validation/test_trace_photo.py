"""TracePhoto: a photo proves one reading; retries are no reuse; deaths in between change nothing."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest

from meterflow import clock
from meterflow.adapters import photo_uses, validation_results
from meterflow.errors import TransientError
from meterflow.fingerprint import Fingerprint
from meterflow.picture import Measures

AT = "2026-11-20T08:00:00Z"
MEASURES = Measures(width=32, height=32, kept_height=99, bright=200, blur=1, columns=1, lost="0", greys="80")


def picture(seed: int) -> bytes:
    """Greys without likeness to those of another seed."""
    return random.Random(seed).randbytes(1024)


@pytest.fixture
def trace(
    load_handler: Callable[[str, str], Any],
    lambda_context: Any,
    atomic_items: None,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., dict[str, Any]]:
    monkeypatch.setenv("PHOTO_REUSE", "review")
    app = load_handler("image_validation", "trace_photo")

    def call(
        submission_id: str,
        mark: Fingerprint | None,
        meter_id: str = "m-1",
        value: str = "00100.000",
        verdict: str = "MATCH",
        reading: str | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        photo_id = f"photo#{submission_id}"
        validation_results.claim_photo(photo_id, "one", clock.now())
        if mark:
            validation_results.keep_picture(photo_id, "one", MEASURES, mark, None)
        comparison = {"verdict": verdict, "reading": reading, "confidence": 0.9, "photo_id": photo_id}
        event = {"submission_id": submission_id, "meter_id": meter_id, "value": value, "taken_at": AT}
        answer: dict[str, Any] = app.handler({**event, **more, "comparison": comparison}, lambda_context)
        return answer

    return call


def mark(content: str, hash_: int = 0, seed: int = 1) -> Fingerprint:
    return Fingerprint(content, (hash_,), picture(seed))


def test_the_first_use_changes_nothing(trace: Callable[..., Any]) -> None:
    answer = trace("s-1", mark("aa"))
    assert (answer["outcome"], answer["comparison"]["verdict"], answer["comparison"]["reasons"]) == (
        "FIRST",
        "MATCH",
        [],
    )
    assert trace("s-1", mark("aa")) == answer


def test_the_same_photo_for_the_same_reading_is_a_retry(trace: Callable[..., Any]) -> None:
    trace("s-1", mark("aa"))
    answer = trace("s-2", mark("aa"))
    assert (answer["outcome"], answer["comparison"]["verdict"]) == ("RETRY", "MATCH")


@pytest.mark.parametrize("other", [{"meter_id": "m-2"}, {"value": "00105.000"}, {"taken_at": "2026-12-20T08:00:00Z"}])
@pytest.mark.parametrize("again", [mark("aa"), mark("bb", 0b11)], ids=["exactly", "nearly"])
def test_the_same_photo_for_another_reading_goes_to_a_person(
    trace: Callable[..., Any], other: dict[str, str], again: Fingerprint
) -> None:
    trace("s-1", mark("aa"))
    answer = trace("s-2", again, **other)
    comparison = answer["comparison"]
    assert (answer["outcome"], comparison["verdict"]) == ("REUSED", "MISMATCH")
    assert comparison["reasons"] == ["photo_reused"]
    assert comparison["first_use"] == {"submission_id": "s-1", "meter_id": "m-1", "photo_id": "photo#s-1"}


def test_an_unreadable_photo_stays_unreadable(trace: Callable[..., Any]) -> None:
    trace("s-1", mark("aa"))
    assert trace("s-2", mark("aa"), "m-2", verdict="UNREADABLE")["comparison"]["verdict"] == "UNREADABLE"


def test_a_deployment_may_only_want_a_note(trace: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHOTO_REUSE", "note")
    trace("s-1", mark("aa"))
    comparison = trace("s-2", mark("aa"), "m-2")["comparison"]
    assert (comparison["verdict"], comparison["reasons"]) == ("MATCH", ["photo_reused"])


@pytest.mark.parametrize(
    ("second", "mine"),
    [
        (mark("bb", 0b1, seed=2), None),  # near hashes, another exposure
        (mark("bb", 2**64 - 1), None),  # the same greys, and no band in common: nothing is scanned
        (mark("bb", 0b1), "00777.000"),  # alike, and shows another number: a camera on a bracket
    ],
)
def test_two_photos_are_two_photos(trace: Callable[..., Any], second: Fingerprint, mine: str | None) -> None:
    trace("s-1", mark("aa"), reading="00100.000")
    assert trace("s-2", second, "m-2", reading=mine)["outcome"] == "FIRST"


def test_a_photo_without_a_picture_is_not_judged(trace: Callable[..., Any]) -> None:
    assert trace("s-1", None)["outcome"] == "UNKNOWN"
    assert trace("s-2", None)["outcome"] == "UNKNOWN"


def test_of_two_readings_at_once_one_is_the_first(trace: Callable[..., Any]) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: trace(f"s-{number}", mark("aa"), f"m-{number}"), range(8)))
    assert sorted(answer["outcome"] for answer in answers) == ["FIRST"] + ["REUSED"] * 7
    assert len({str(answer["comparison"]["first_use"]) for answer in answers}) == 2


def test_dying_between_claim_and_bands_loses_nothing(
    trace: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies after the exact claim and before the bands: run again, both are there, once."""

    def die(_mark: Fingerprint, _now: Any) -> None:
        raise TransientError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(photo_uses, "remember", die)
        with pytest.raises(TransientError):
            trace("s-1", mark("aa"))
    assert trace("s-1", mark("aa"))["outcome"] == "FIRST"
    assert trace("s-2", mark("bb", 0b11), "m-2")["outcome"] == "REUSED"
    rows = boto3.client("dynamodb").scan(TableName="meterflow-ClaimsTable")["Items"]
    bands = [row for row in rows if row["claim_key"]["S"].startswith("near#")]
    assert bands
    assert all("expires_at" in row for row in rows)


def test_the_greys_stay_in_the_tables(trace: Callable[..., Any]) -> None:
    assert "greys" not in str(trace("s-1", mark("aa")))
