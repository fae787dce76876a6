"""A reading from POST to message, through the machines that sam deployed."""

import io
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from boto3.dynamodb.conditions import Attr

from cli import api
from meterflow.clock import now, to_text
from tests.integration.conftest import Cloud
from tests.integration.fresh_photo import SERIAL, fresh


def photographed(laptop: Cloud, meter_id: str, shown: str) -> str:
    """Upload a rendered photo whose register shows `shown`; the photo's key."""
    form = laptop.session("customer").call("POST", "/uploads", {"meter_id": meter_id, "content_type": "image/png"})
    file = io.BytesIO()
    fresh(shown).save(file, "PNG")
    api.upload(form, file.getvalue())
    return str(form["photo_key"])


def test_a_photographed_reading_is_accepted_and_told_once(laptop: Cloud) -> None:
    meter_id = laptop.new_meter(serial_number=SERIAL)
    key = photographed(laptop, meter_id, "00123.456")
    submission_id = laptop.submit(meter_id, "00123.456", photo_key=key)
    result = laptop.settled(submission_id)
    assert result["status"] == "ACCEPTED", result
    assert result["quality"] == "valid"
    assert result["photo"]["verdict"] == "MATCH"
    message = laptop.eventually(lambda: laptop.messages(submission_id))[0]
    assert message.to == laptop.endpoints["users"]["customer"]["email"]
    assert message.text.rstrip().endswith(f"Ref {submission_id[:8]}")
    meter = laptop.session("customer").call("GET", f"/meters/{meter_id}")
    assert meter["latest"]["value"] == "00123.456"


def test_a_wrong_photo_goes_to_review_and_the_correction_is_kept_with_the_original(laptop: Cloud) -> None:
    meter_id = laptop.new_meter(serial_number=SERIAL)
    key = photographed(laptop, meter_id, "00777.123")
    submission_id = laptop.submit(meter_id, "00123.456", photo_key=key)
    result = laptop.settled(submission_id)
    assert result["status"] == "NEEDS_REVIEW", result
    assert result["photo"]["verdict"] == "MISMATCH"
    operator = laptop.session("operator")

    def waiting() -> Any:
        queue = operator.call("GET", "/validations?status=PENDING_REVIEW")["items"]
        return [item for item in queue if item["submission_id"] == submission_id]

    laptop.eventually(waiting)
    operator.call("POST", f"/validations/{submission_id}/correction", {"value": "00777.123", "reason": "as shown"})
    decided = laptop.eventually(
        lambda: (
            (r := laptop.session("customer").call("GET", f"/readings/{submission_id}"))["status"] == "ACCEPTED" and r
        )
    )
    assert decided["quality"] == "edited"
    row = laptop.table("Readings").get_item(Key={"submission_id": submission_id})["Item"]
    assert row["original_value"] == "00123.456"
    assert row["value"] == "00777.123"
    # Told when it went to review, and once more when it was decided: two events, so two references.
    assert len(laptop.eventually(lambda: laptop.messages(submission_id))) == 1
    again = laptop.request(
        "POST",
        f"/validations/{submission_id}/correction",
        {"value": "00778.000", "reason": "another"},
        token=operator.id_token,
    )
    assert again.status_code == 409


def test_twenty_at_once_are_one_reading_and_one_message(laptop: Cloud) -> None:
    meter_id = laptop.new_meter()
    session = laptop.session("customer")
    body = {
        "meter_id": meter_id,
        "value": "00010.000",
        "taken_at": to_text(now() - timedelta(minutes=1)),
        "client_token": str(uuid.uuid4()),
    }
    with ThreadPoolExecutor(20) as pool:
        answers = list(
            pool.map(lambda _n: laptop.request("POST", "/readings", body, token=session.id_token), range(20))
        )
    assert {answer.status_code for answer in answers} == {202}
    ids = {answer.json()["submission_id"] for answer in answers}
    assert len(ids) == 1
    submission_id = ids.pop()
    assert laptop.settled(submission_id)["status"] == "ACCEPTED"
    readings = session.call("GET", f"/meters/{meter_id}/readings")["items"]
    assert [item["submission_id"] for item in readings] == [submission_id]
    laptop.eventually(lambda: laptop.messages(submission_id))
    assert len(laptop.messages(submission_id)) == 1
    changed = laptop.request("POST", "/readings", body | {"value": "00011.000"}, token=session.id_token)
    assert changed.status_code == 422


@pytest.mark.parametrize(
    ("value", "reason"),
    [("00001.000", "decreasing"), ("99999.000", "above_maximum_rate")],
)
def test_an_impossible_value_is_rejected_with_its_reason(laptop: Cloud, value: str, reason: str) -> None:
    meter_id = laptop.new_meter()
    earlier = to_text(now() - timedelta(days=3))
    first = laptop.submit(meter_id, "00100.000", taken_at=earlier)
    assert laptop.settled(first)["status"] == "ACCEPTED"
    submission_id = laptop.submit(meter_id, value)
    result = laptop.settled(submission_id)
    assert result["status"] == "REJECTED", result
    assert reason in result["reasons"]
    assert laptop.session("customer").call("GET", f"/meters/{meter_id}")["latest"]["value"] == "00100.000"
    laptop.eventually(lambda: laptop.messages(submission_id))


def test_a_reading_taken_in_the_future_is_rejected(laptop: Cloud) -> None:
    meter_id = laptop.new_meter()
    submission_id = laptop.submit(meter_id, "00100.000", taken_at=to_text(now() + timedelta(days=1)))
    result = laptop.settled(submission_id)
    assert result["status"] == "REJECTED"


def test_a_photo_that_is_no_photo_asks_for_a_person(laptop: Cloud) -> None:
    meter_id = laptop.new_meter()
    form = laptop.session("customer").call("POST", "/uploads", {"meter_id": meter_id, "content_type": "image/jpeg"})
    api.upload(form, b"GIF89a this is not a photo")
    submission_id = laptop.submit(meter_id, "00100.000", photo_key=form["photo_key"])
    result = laptop.settled(submission_id)
    assert result["status"] == "NEEDS_REVIEW"
    assert result["photo"]["verdict"] == "UNREADABLE"
    assert result["photo"]["reasons"]


def test_an_upload_alone_is_read_and_opens_no_review(laptop: Cloud) -> None:
    meter_id = laptop.new_meter()
    key = photographed(laptop, meter_id, "00321.987")
    table = laptop.table("ValidationResults")

    def read() -> Any:
        found = table.scan(FilterExpression=Attr("result_id").begins_with(f"photo#{key}"), ConsistentRead=True)["Items"]
        return [row for row in found if row.get("state") == "READ"]

    (row,) = laptop.eventually(read)
    assert "321987" in "".join(str(row).split(".")), "the register's figures are among the words"
    others = table.scan(FilterExpression=Attr("result_id").begins_with("submission#"), ConsistentRead=True)["Items"]
    assert not [one for one in others if key in str(one)], "an upload opens no review"
