"""SettleReading gives the final state once."""

from collections.abc import Callable
from typing import Any

import pytest

from meterflow.adapters import meters, readings
from meterflow.clock import now
from meterflow.contracts.meter_submission import Submission
from meterflow.errors import BrokenInvariant, TransientError
from meterflow.meter import Meter

ACCEPT = {"validation": {"outcome": "ACCEPT", "reasons": []}}


@pytest.fixture
def settle(load_handler: Any, lambda_context: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    handler = load_handler("meter_submission", "settle_reading").handler
    return lambda payload: handler(payload, lambda_context)


@pytest.fixture
def recorded(register: Callable[..., Meter], submission: dict[str, Any]) -> dict[str, Any]:
    register()
    readings.put_new_submission(Submission.model_validate(submission).as_reading(now()))
    return submission


def test_accepted(settle: Any, recorded: dict[str, Any]) -> None:
    result = settle(recorded | ACCEPT | {"scoring": {"risk_level": "LOW", "score": 0.1, "reason": "ordinary"}})
    assert result == {
        "outcome": "SETTLED",
        "submission_id": "s-1",
        "meter_id": "WTR-0001",
        "status": "ACCEPTED",
        "quality": "valid",
        "reasons": [],
    }
    meter = meters.get("WTR-0001")
    assert meter
    assert meter.latest
    assert meter.latest.submission_id == "s-1"


def test_the_meter_shows_the_score_and_the_reading_its_job(settle: Any, recorded: dict[str, Any]) -> None:
    # As anomaly_scoring answers, with what settling has no use for.
    scoring = {"risk_level": "CRITICAL", "score": 0.9, "job_requested": True, "job_id": "j-1", "alert_id": "a-1"}
    settle(recorded | ACCEPT | {"scoring": scoring})
    meter, row = meters.get("WTR-0001"), readings.get("s-1")
    assert meter
    assert row
    assert (meter.risk_level, meter.open_reviews, row.risk_level) == ("CRITICAL", frozenset(), "CRITICAL")
    assert row.job_id == "j-1"


def test_the_photo_decides(settle: Any, recorded: dict[str, Any]) -> None:
    photo = {"verdict": "MISMATCH", "reading": "00119.000", "confidence": 0.91, "reasons": ["digits_differ"]}
    result = settle(recorded | ACCEPT | {"photo_result": photo})
    assert (result["status"], result["reasons"]) == ("NEEDS_REVIEW", ["photo_mismatch", "digits_differ"])
    row = readings.get("s-1")
    assert row
    assert row.photo
    assert row.photo.confidence == 0.91
    meter = meters.get("WTR-0001")
    assert meter
    assert (meter.open_reviews, meter.latest, meter.risk_level) == (frozenset({"s-1"}), None, None)


def test_a_broken_photo_check_and_a_broken_score_lose_nothing(settle: Any, recorded: dict[str, Any]) -> None:
    photo = {"verdict": "UNREADABLE", "reasons": ["photo_check_unavailable"]}
    result = settle(recorded | ACCEPT | {"photo_result": photo, "scoring": {"unavailable": True}})
    assert result["status"] == "NEEDS_REVIEW"
    assert result["reasons"] == ["scoring_unavailable", "photo_unreadable", "photo_check_unavailable"]


def test_a_duplicate_is_rejected(settle: Any, recorded: dict[str, Any]) -> None:
    result = settle(recorded | ACCEPT | {"duplicate": True})
    assert (result["status"], result["reasons"]) == ("REJECTED", ["duplicate"])


@pytest.mark.parametrize("change", [{}, {"taken_at": "noon"}, {"value": "twelve"}])
def test_a_refused_bare_start_is_kept(
    settle: Any, register: Callable[..., Meter], submission: dict[str, Any], change: dict[str, str]
) -> None:
    register()
    result = settle(submission | change | {"validation": {"outcome": "REJECT", "reasons": ["decreasing"]}})
    assert (result["outcome"], result["status"]) == ("SETTLED", "REJECTED")
    row = readings.get("s-1")
    assert row
    assert row.reasons == ("decreasing",)


def test_an_accepted_reading_that_nobody_recorded_is_a_bug(
    settle: Any, register: Callable[..., Meter], submission: dict[str, Any]
) -> None:
    register()
    with pytest.raises(BrokenInvariant):
        settle(submission | ACCEPT)


def test_killed_after_the_write_then_run_again(
    settle: Any, recorded: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_submission_id: str) -> None:
        raise TransientError("killed after the write")

    with monkeypatch.context() as patch:
        patch.setattr(readings, "get", killed)
        with pytest.raises(TransientError):
            settle(recorded | ACCEPT)
    first = readings.get("s-1")
    result = settle(recorded | ACCEPT | {"scoring": {"unavailable": True}})
    assert (result["outcome"], result["status"], result["reasons"]) == ("ALREADY", "ACCEPTED", [])
    assert readings.get("s-1") == first


def test_killed_before_the_write_then_run_again(
    settle: Any, recorded: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any, **__: Any) -> None:
        raise TransientError("killed before the write")

    with monkeypatch.context() as patch:
        patch.setattr(readings, "settle", killed)
        with pytest.raises(TransientError):
            settle(recorded | ACCEPT)
    assert settle(recorded | ACCEPT)["outcome"] == "SETTLED"


def test_the_sample_event(settle: Any, register: Callable[..., Meter], event: Any) -> None:
    register(latest=("00452.000", "2026-11-19T08:00:00Z"))
    payload = event("meter_submission/settle_reading")
    readings.put_new_submission(Submission.model_validate(payload).as_reading(now()))
    result = settle(payload)
    assert (result["status"], result["reasons"]) == ("ACCEPTED", ["late_reading"])
