"""AnnounceOutcome tells what the table holds, as often as it is asked and always alike."""

from collections.abc import Callable
from typing import Any

import pytest

from meterflow.adapters import bus, readings
from meterflow.clock import now
from meterflow.contracts.meter_submission import Submission
from meterflow.errors import BrokenInvariant, TransientError
from meterflow.meter import Meter
from meterflow.reading import PhotoResult

Told = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def announce(
    load_handler: Any, lambda_context: Any, monkeypatch: pytest.MonkeyPatch
) -> Callable[[dict[str, Any]], dict[str, Any]]:
    monkeypatch.setenv("AUDIT_SHARE", "0")
    handler = load_handler("meter_submission", "announce_outcome").handler
    return lambda payload: handler(payload, lambda_context)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    events: Told = []
    monkeypatch.setattr(bus, "publish", lambda kind, detail: events.append((kind, detail)))
    return events


def settled(submission: dict[str, Any], status: str, **more: Any) -> None:
    one = Submission.model_validate(submission)
    readings.put_new_submission(one.as_reading(now()))
    fields = {"quality": "raw", "reasons": ("a_rule",), "photo": None} | more
    readings.settle(
        one.submission_id,
        meter_id=one.meter_id,
        status=status,
        value=one.value,
        taken_at=one.taken_at,
        now=now(),
        **fields,
    )


def test_accepted(announce: Any, told: Told, register: Callable[..., Meter], submission: Any) -> None:
    register()
    settled(submission, "ACCEPTED", quality="valid", reasons=(), risk_level="LOW")
    result = announce({"submission_id": "s-1"})
    assert result["events"] == ["ReadingSettled"]
    [(kind, detail)] = told
    assert kind == "ReadingSettled"
    assert detail["event_id"] == detail["submission_id"] == "s-1"
    assert (detail["customer_id"], detail["unit"], detail["kind"]) == (submission["submitted_by"], "m3", "water")
    assert "Canary" not in str(detail)


def test_a_photo_that_differs_asks_for_a_review(
    announce: Any, told: Told, register: Callable[..., Meter], submission: Any
) -> None:
    register()
    photo = PhotoResult(verdict="MISMATCH", reading="00119.000", confidence=0.9)
    settled(submission | {"photo_key": "uploads/u/p.jpg"}, "NEEDS_REVIEW", photo=photo)
    assert announce({"submission_id": "s-1"})["events"] == ["ReviewRequested", "ReadingSettled"]
    review = dict(told)["ReviewRequested"]
    assert (review["purpose"], review["photo_key"], review["verdict"]) == ("review", "uploads/u/p.jpg", "MISMATCH")


@pytest.mark.usefixtures("aws")
def test_a_rejected_reading_of_an_unknown_meter_is_told_to_its_submitter(
    announce: Any, told: Told, submission: Any
) -> None:
    settled(submission, "REJECTED", reasons=("meter_unknown",))
    announce({"submission_id": "s-1"})
    assert told[0][1]["customer_id"] == submission["submitted_by"]


def test_killed_between_the_events_then_run_again(
    announce: Any, register: Callable[..., Meter], submission: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    register()
    settled(submission | {"photo_key": "uploads/u/p.jpg"}, "NEEDS_REVIEW")
    sent: Told = []

    def dies_at_the_second(kind: str, detail: dict[str, Any]) -> None:
        if len(sent) == 1:
            sent.append(("killed", {}))
            raise TransientError("killed")
        sent.append((kind, detail))

    monkeypatch.setattr(bus, "publish", dies_at_the_second)
    with pytest.raises(TransientError):
        announce({"submission_id": "s-1"})
    announce({"submission_id": "s-1"})
    reviews = [detail for kind, detail in sent if kind == "ReviewRequested"]
    assert len(reviews) == 2
    assert reviews[0] == reviews[1], "a repeated request must be recognisable"
    assert [kind for kind, _ in sent].count("ReadingSettled") == 1


@pytest.mark.usefixtures("aws")
def test_what_is_not_settled_is_not_announced(announce: Any, told: Told, submission: Any) -> None:
    with pytest.raises(BrokenInvariant):
        announce({"submission_id": "s-1"})
    readings.put_new_submission(Submission.model_validate(submission).as_reading(now()))
    with pytest.raises(BrokenInvariant):
        announce({"submission_id": "s-1"})
    assert told == []


@pytest.mark.usefixtures("told")
def test_the_sample_events_fit_together(announce: Any, register: Callable[..., Meter], event: Any) -> None:
    register()
    settled(event("meter_submission/workflow"), "ACCEPTED", quality="valid", reasons=())
    assert announce(event("meter_submission/announce_outcome"))["status"] == "ACCEPTED"


PROVEN = PhotoResult(verdict="MATCH", reading="00123.456", confidence=0.97, photo_id="photo#k@v")


def test_an_audited_reading_is_reviewed_and_stays_accepted(
    announce: Any, told: Told, register: Callable[..., Meter], submission: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    register()
    photographed = {**submission, "photo_key": "uploads/c/a.jpg"}
    settled(photographed, "ACCEPTED", quality="valid", reasons=(), photo=PROVEN)
    monkeypatch.setenv("AUDIT_SHARE", "1")
    first, again = announce({"submission_id": "s-1"}), announce({"submission_id": "s-1"})
    assert first["events"] == again["events"] == ["ReviewRequested", "ReadingSettled"]
    review, outcome = told[0][1], told[1][1]
    assert (review["purpose"], review["audit"], review["verdict"]) == ("review", True, "MATCH")
    assert (outcome["status"], outcome["event_id"]) == ("ACCEPTED", "s-1")
    assert told[2:] == told[:2], "the same draw each time"


def test_no_audit_without_a_photo_and_none_of_the_share_nothing(
    announce: Any, told: Told, register: Callable[..., Meter], submission: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    register()
    settled(submission, "ACCEPTED", quality="valid", reasons=())
    monkeypatch.setenv("AUDIT_SHARE", "1")
    assert announce({"submission_id": "s-1"})["events"] == ["ReadingSettled"]
    assert [kind for kind, _ in told] == ["ReadingSettled"]
