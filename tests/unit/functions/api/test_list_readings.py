"""GET /meters/{meter_id}/readings."""

from datetime import UTC, datetime
from typing import Any

import pytest

from meterflow.adapters import readings
from meterflow.reading import Source, new_reading

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def submit(number: int, meter_id: str = "WTR-0001") -> None:
    readings.put_new_submission(
        new_reading(
            submission_id=f"s-{number}",
            meter_id=meter_id,
            value="00123.456",
            taken_at=f"2026-11-{10 + number}T08:00:00Z",
            source=Source.TECHNICIAN,
            submitted_by="tech",
            photo_key=None,
            received_at=NOW,
        )
    )


def test_every_submission_with_its_status_newest_first(call: Any, meter: Any) -> None:
    meter()
    for number in range(3):
        submit(number)
    readings.settle(
        "s-1",
        meter_id="WTR-0001",
        status="REJECTED",
        quality="raw",
        reasons=("decreasing",),
        value="00123.456",
        taken_at="2026-11-11T08:00:00Z",
        now=NOW,
    )
    path = {"meter_id": "WTR-0001"}
    status, first = call("list_readings", path=path, query={"limit": "2"})
    assert status == 200
    assert [(item["submission_id"], item["status"]) for item in first["items"]] == [
        ("s-2", "PROCESSING"),
        ("s-1", "REJECTED"),
    ]
    assert first["items"][1] == {
        "submission_id": "s-1",
        "meter_id": "WTR-0001",
        "value": "00123.456",
        "taken_at": "2026-11-11T08:00:00Z",
        "source": "technician",
        "received_at": "2026-11-21T00:00:00Z",
        "settled_at": "2026-11-21T00:00:00Z",
        "original_value": None,
        "status": "REJECTED",
        "quality": "raw",
        "reasons": ["decreasing"],
        "photo": None,
        "risk_level": None,
    }
    last = call("list_readings", path=path, query={"limit": "2", "next": first["next"]})[1]
    assert [item["submission_id"] for item in last["items"]] == ["s-0"]
    assert "next" not in last


@pytest.mark.parametrize(
    ("user", "groups", "status"),
    [("owner", "", 200), ("tech", "technician", 200), ("op", "operator", 200), ("stranger", "", 404)],
)
def test_who_sees_a_meters_readings(call: Any, meter: Any, user: str, groups: str, status: int) -> None:
    meter(owner="owner")
    assert call("list_readings", path={"meter_id": "WTR-0001"}, user=user, groups=groups)[0] == status


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("meter_id", ["", "WTR-NONE", "x" * 3000])
def test_no_meter_no_readings(call: Any, meter_id: str) -> None:
    assert call("list_readings", path={"meter_id": meter_id})[0] == 404


def test_a_token_of_another_meter_stays_in_this_one(call: Any, meter: Any) -> None:
    meter()
    meter("WTR-2", owner="ben")
    for number in range(3):
        submit(number, "WTR-2")
    token = call("list_readings", path={"meter_id": "WTR-2"}, query={"limit": "1"}, user="ben")[1]["next"]
    assert call("list_readings", path={"meter_id": "WTR-0001"}, query={"next": token}) == (200, {"items": []})


def test_the_sample_event(load_handler: Any, lambda_context: Any, event: Any, meter: Any) -> None:
    meter()
    response = load_handler("api", "list_readings").handler(event("api/list_readings"), lambda_context)
    assert response["statusCode"] == 200
