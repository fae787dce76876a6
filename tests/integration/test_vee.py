"""Validation, estimation and evidence through the machines that sam deployed."""

import json
import uuid
from datetime import timedelta
from typing import Any

from meterflow import evidence
from meterflow.clock import now, to_text
from tests.integration.conftest import Cloud


def read(laptop: Cloud, meter_id: str, value: str, days_ago: float, **more: Any) -> tuple[str, dict[str, Any]]:
    submission_id = laptop.submit(
        meter_id, value, taken_at=to_text(now() - timedelta(days=days_ago, minutes=1)), **more
    )
    return submission_id, laptop.settled(submission_id)


def test_a_meter_recovers_from_one_false_high_by_itself(laptop: Cloud) -> None:
    """100, 102.1, then 202.1 by mistake: the first true reading asks for a photo, the second settles everything."""
    meter_id = laptop.new_meter()
    for value, days in (("00100.000", 21), ("00102.100", 14)):
        assert read(laptop, meter_id, value, days)[1]["status"] == "ACCEPTED"
    false, result = read(laptop, meter_id, "00202.100", 7)
    assert result["status"] == "ACCEPTED", result
    first, result = read(laptop, meter_id, "00105.400", 3)
    assert (result["status"], result["reasons"]) == ("NEEDS_REVIEW", ["decreasing", "one_more_photo"]), result
    _, result = read(laptop, meter_id, "00106.300", 0)
    assert (result["status"], result["reasons"]) == ("ACCEPTED", ["false_high_recovered"]), result
    customer = laptop.session("customer")
    assert customer.call("GET", f"/readings/{first}")["reasons"] == ["confirmed_by_next"]
    assert customer.call("GET", f"/readings/{false}")["status"] == "REJECTED"
    assert customer.call("GET", f"/meters/{meter_id}")["latest"]["value"] == "00106.300"
    told = laptop.eventually(lambda: (found := laptop.messages(first)) and len(found) >= 1 and found)
    assert told

    def left_the_queue() -> bool:
        queue = laptop.session("operator").call("GET", "/validations?status=PENDING_REVIEW&limit=100")["items"]
        return first not in [item["submission_id"] for item in queue]

    laptop.eventually(left_the_queue)


def test_litres_are_converted_and_the_evidence_can_be_checked_by_anybody(laptop: Cloud) -> None:
    meter_id = laptop.new_meter()
    submission_id, result = read(laptop, meter_id, "100250", 0, unit="l")
    assert (result["status"], result["reasons"]) == ("ACCEPTED", ["unit_converted"]), result
    customer = laptop.session("customer")
    path = f"/readings/{submission_id}/evidence"
    laptop.eventually(lambda: laptop.request("GET", path, token=customer.id_token).status_code == 200)
    record = json.loads(json.dumps(customer.call("GET", path)))
    assert evidence.verify(record) == record["sha256"]
    assert (record["value"], record["original_value"], record["named_unit"]) == ("00100.250", "100250", "l")
    assert {"rule": "not_decreasing", "result": "PASSED", "code": None} in record["rules"]
    assert laptop.request("GET", path, token=laptop.session("technician").id_token).status_code == 403


def test_a_meter_that_nobody_reads_is_estimated_once(laptop: Cloud) -> None:
    meter_id = laptop.new_meter()
    for week in range(8):
        value = f"{100 + 2.1 * week:09.3f}"
        assert read(laptop, meter_id, value, 40 + 7 * (7 - week))[1]["status"] == "ACCEPTED"
    event = json.dumps({"meter_ids": [meter_id]}).encode()
    name = next(
        one["FunctionName"]
        for page in laptop.client("lambda").get_paginator("list_functions").paginate()
        for one in page["Functions"]
        if "SubmitEstimates" in one["FunctionName"]
    )
    for _ in range(2):
        answer = laptop.client("lambda").invoke(FunctionName=name, Payload=event)
        assert json.loads(answer["Payload"].read())["submitted"] <= 1
    rows = laptop.eventually(lambda: estimates_of(laptop, meter_id))
    assert len(rows) == 1
    assert (rows[0]["status"], rows[0]["quality"], rows[0]["source"]) == ("ACCEPTED", "estimated", "estimate")
    lower = f"{100 + 2.1 * 7 + 1:09.3f}"
    _, result = read(laptop, meter_id, lower, 0, client_token=str(uuid.uuid4()))
    assert result["status"] == "ACCEPTED", "an estimate above never refuses a true reading"


def estimates_of(laptop: Cloud, meter_id: str) -> list[dict[str, Any]]:
    items = laptop.session("customer").call("GET", f"/meters/{meter_id}/readings")["items"]
    return [one for one in items if one["source"] == "estimate" and one["status"] == "ACCEPTED"]
