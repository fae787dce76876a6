"""Reviews by more than one person, and audits, through the machines that sam deployed."""

import json
import uuid
from typing import Any

from tests.integration.conftest import Cloud
from tests.integration.test_submission import SERIAL, photographed


def ask_for_review(laptop: Cloud, submission_id: str, meter_id: str, **more: Any) -> None:
    """Tell the bus what AnnounceOutcome tells it."""
    reading = laptop.table("Readings").get_item(Key={"submission_id": submission_id})["Item"]
    detail = {
        "purpose": "review",
        "submission_id": submission_id,
        "meter_id": meter_id,
        "customer_id": "c",
        "value": reading["value"],
        "taken_at": reading["taken_at"],
        "verdict": "UNREADABLE",
        "reasons": [],
        **more,
    }
    entry = {"Source": "meterflow", "DetailType": "ReviewRequested", "Detail": json.dumps(detail)}
    bus = laptop.outputs["EventBusName"]
    answer = laptop.client("events").put_events(Entries=[entry | {"EventBusName": bus}])
    assert answer["FailedEntryCount"] == 0


def row(laptop: Cloud, submission_id: str) -> dict[str, Any]:
    """The review's row, or nothing yet."""
    key = {"result_id": f"submission#{submission_id}"}
    found: dict[str, Any] = laptop.table("ValidationResults").get_item(Key=key, ConsistentRead=True).get("Item", {})
    return found


def reading(laptop: Cloud, submission_id: str) -> dict[str, Any]:
    found: dict[str, Any] = laptop.session("customer").call("GET", f"/readings/{submission_id}")
    return found


def test_a_value_that_nobody_else_has_seen_is_decided_by_two_people(laptop: Cloud) -> None:
    meter_id = laptop.new_meter(serial_number=SERIAL)
    submission_id = laptop.submit(meter_id, "00123.456", photo_key=photographed(laptop, meter_id, "00777.123"))
    assert laptop.settled(submission_id)["photo"]["verdict"] == "MISMATCH"
    laptop.eventually(lambda: row(laptop, submission_id).get("task_token"))
    path, body = f"/validations/{submission_id}/correction", {"value": "00400.500", "reason": "seen on site"}
    first, second = laptop.session("technician"), laptop.session("operator")
    answer = first.call("POST", path, body)
    assert (answer["status"], answer["outcome"]) == ("PENDING_REVIEW", "SECOND_OPINION")
    assert first.call("POST", path, body) == answer, "the same call repeats its answer"
    assert reading(laptop, submission_id)["status"] == "NEEDS_REVIEW"
    laptop.eventually(lambda: row(laptop, submission_id).get("token_stage") == "SECOND")
    other = {**body, "value": "00400.600"}
    assert laptop.request("POST", path, other, token=first.id_token).status_code == 409
    shown = next(
        item for item in second.call("GET", "/validations?limit=100")["items"] if item["submission_id"] == submission_id
    )
    assert (shown["stage"], shown["may_decide"], shown["opinions"]) == ("SECOND", True, [])
    assert second.call("POST", path, body)["outcome"] == "DECIDED"
    laptop.eventually(lambda: reading(laptop, submission_id)["status"] == "ACCEPTED")
    assert row(laptop, submission_id)["decision"]["agreement"] == "TWO"
    counted = laptop.eventually(lambda: row(laptop, submission_id).get("counted_at"))
    assert counted
    label = laptop.client("s3").get_object(Bucket=laptop.outputs["LakeBucketName"], Key=f"labels/{submission_id}.json")
    assert json.loads(label["Body"].read())["agreement"] == "TWO"


def test_an_audit_leaves_the_reading_and_tells_nobody_unless_it_edits(laptop: Cloud) -> None:
    meter_id = laptop.new_meter()
    submission_id = laptop.submit(meter_id, "00010.000")
    assert laptop.settled(submission_id)["status"] == "ACCEPTED"
    laptop.eventually(lambda: laptop.messages(submission_id))
    ask_for_review(laptop, submission_id, meter_id, audit=True, verdict="MATCH", reading="00010.000")
    laptop.eventually(lambda: row(laptop, submission_id).get("task_token"))
    assert reading(laptop, submission_id)["status"] == "ACCEPTED"
    assert "open_reviews" not in laptop.table("Meters").get_item(Key={"meter_id": meter_id})["Item"]
    path = f"/validations/{submission_id}/correction"
    body = {"value": "00010.000", "reason": str(uuid.uuid4())}
    assert laptop.session("operator").call("POST", path, body)["outcome"] == "DECIDED"
    laptop.eventually(lambda: row(laptop, submission_id).get("counted_at"))
    after = laptop.table("Readings").get_item(Key={"submission_id": submission_id})["Item"]
    assert (after["value"], after["quality"], "edit" in after) == ("00010.000", "valid", False)
    assert len(laptop.messages(submission_id)) == 1
