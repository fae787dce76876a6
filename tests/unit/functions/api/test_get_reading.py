"""GET /readings/{submission_id}."""

from datetime import UTC, datetime
from typing import Any

import pytest

from meterflow.adapters import readings
from meterflow.reading import PhotoResult, Source, new_reading

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def submit(submission_id: str = "s-1", by: str = "tech") -> None:
    readings.put_new_submission(
        new_reading(
            submission_id=submission_id,
            meter_id="WTR-0001",
            value="00123.456",
            taken_at="2026-11-20T08:00:00Z",
            source=Source.TECHNICIAN,
            submitted_by=by,
            photo_key=None,
            received_at=NOW,
        )
    )


def test_while_it_is_processed(call: Any, meter: Any) -> None:
    meter()
    submit()
    assert call("get_reading", path={"submission_id": "s-1"}) == (
        200,
        {
            "submission_id": "s-1",
            "status": "PROCESSING",
            "quality": "raw",
            "reasons": [],
            "photo": None,
            "risk_level": None,
        },
    )


def test_when_it_is_settled(call: Any, meter: Any) -> None:
    meter()
    submit()
    photo = PhotoResult(verdict="MATCH", reading="00123.456", confidence=0.97, photo_id="p@1")
    readings.settle(
        "s-1",
        meter_id="WTR-0001",
        status="ACCEPTED",
        quality="valid",
        reasons=("late_reading",),
        value="00123.456",
        taken_at="2026-11-20T08:00:00Z",
        photo=photo,
        risk_level="LOW",
        job_id="j-1",
        now=NOW,
    )
    assert call("get_reading", path={"submission_id": "s-1"})[1] == {
        "submission_id": "s-1",
        "status": "ACCEPTED",
        "quality": "valid",
        "reasons": ["late_reading"],
        "photo": {"verdict": "MATCH", "reading": "00123.456", "confidence": 0.97, "reasons": []},
        "risk_level": "LOW",
        "job_id": "j-1",
    }


@pytest.mark.parametrize(
    ("user", "groups", "status"),
    [
        ("submitter", "", 200),
        ("owner", "", 200),
        ("other-tech", "technician", 200),
        ("op", "operator", 200),
        ("stranger", "", 404),
    ],
)
def test_who_sees_a_reading(call: Any, meter: Any, user: str, groups: str, status: int) -> None:
    meter(owner="owner")
    submit(by="submitter")
    assert call("get_reading", path={"submission_id": "s-1"}, user=user, groups=groups)[0] == status


def test_another_reading_looks_like_none(call: Any, meter: Any) -> None:
    meter(owner="owner")
    submit()
    answers = [call("get_reading", path={"submission_id": one}, user="stranger") for one in ("s-1", "s-2")]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("submission_id", ["", "x" * 3000, "\U0001f4a7" * 40])
def test_odd_ids_are_not_there(call: Any, submission_id: str) -> None:
    assert call("get_reading", path={"submission_id": submission_id})[0] == 404


@pytest.mark.usefixtures("aws")
def test_the_sample_event(load_handler: Any, lambda_context: Any, event: Any) -> None:
    sample = event("api/get_reading")
    submit(sample["pathParameters"]["submission_id"], by=sample["requestContext"]["authorizer"]["claims"]["sub"])
    response = load_handler("api", "get_reading").handler(sample, lambda_context)
    assert response["statusCode"] == 200
