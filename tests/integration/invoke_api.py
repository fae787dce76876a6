"""The API's functions under `sam local invoke`: one function a route, named for it."""

import json
from typing import Any

import requests
from boto3.dynamodb.conditions import Key

from cli import follow
from local.city.people import CUSTOMER_ID, TECHNICIAN_ID
from meterflow import completion, evidence, ids, offers
from meterflow.adapters import evidence_records
from meterflow.adapters.items import to_item
from meterflow.clock import now
from meterflow.reading import Quality, Status
from tests.integration.invoke_image_validation import in_review, picture
from tests.integration.invoke_meter_submission import submitted
from tests.integration.invoke_stage import Stage
from tests.integration.invoke_technician_dispatch import accepted_job, have, load, offered_job, stored
from tests.unit.alarms import alarm

SECONDS = 60


def body(stage: Stage) -> Any:
    """The body of the sample call."""
    return json.loads(stage.event["body"])


def register_meter(stage: Stage) -> None:
    wanted = body(stage)
    stage.absent("Meters", meter_id=wanted["meter_id"])
    answer = stage.call(201)
    assert answer["meter_id"] == wanted["meter_id"]
    row = stage.row("Meters", meter_id=wanted["meter_id"])
    assert (row["owner"], row["kind"], row["serial_number"]) == (CUSTOMER_ID, "water", wanted["serial_number"])


def list_meters(stage: Stage) -> None:
    # The first page by meter_id: other tests' meters may push WTR-0001 to the next one.
    listed = [item["meter_id"] for item in stage.call(200)["items"]]
    assert {"GAS-0001", "ELC-0001", "HEA-0001"} <= set(listed)
    assert listed == sorted(listed)


def get_meter(stage: Stage) -> None:
    answer, row = stage.call(200), stage.row("Meters", meter_id="WTR-0001")
    assert (answer["meter_id"], answer["serial_number"]) == ("WTR-0001", row["serial_number"])
    assert answer["latest"]["value"] == row["latest"]["value"]


def record_exchange(stage: Stage) -> None:
    wanted = body(stage)
    row = stage.remember("Meters", meter_id="WTR-0001")
    # As if it had never been exchanged.
    bare = {name: value for name, value in row.items() if name != "exchanges"}
    stage.tools.table("Meters").put_item(Item=bare)
    answer = stage.call(200)
    assert (answer["exchanged_at"], answer["serial_number"]) == (wanted["exchanged_at"], wanted["serial_number"])
    now = stage.row("Meters", meter_id="WTR-0001")
    [recorded] = now["exchanges"]
    assert (recorded["removal_value"], recorded["start_value"]) == (wanted["removal_value"], wanted["start_value"])
    assert now["serial_number"] == recorded["new_serial_number"] == wanted["serial_number"]
    assert stage.call(200) == answer
    assert stage.row("Meters", meter_id="WTR-0001")["exchanges"] == [recorded]


def set_submeters(stage: Stage) -> None:
    for name in ("WTR-0001", "WTR-0002"):
        stage.remember("Meters", meter_id=name)
    assert stage.call(200) == {"meter_id": "WTR-0001", "submeters": body(stage)["submeters"]}
    assert stage.row("Meters", meter_id="WTR-0001")["submeters"] == body(stage)["submeters"]


def request_upload(stage: Stage) -> None:
    link = stage.call(200)
    bucket = stage.bucket("Uploads")
    stage.undo.callback(stage.remove_object, bucket, link["photo_key"])
    # The link names the machine as the container sees it.
    address = f"{stage.tools.cloud.endpoints['aws_endpoint_url']}/{bucket}"
    photo = picture()
    sent = requests.post(address, data=link["fields"], files={"file": ("photo.jpg", photo)}, timeout=SECONDS)
    assert sent.ok, sent.text
    assert link["photo_key"].startswith(f"uploads/{CUSTOMER_ID}/")
    assert stage.object(bucket, link["photo_key"]) == photo


def submit_reading(stage: Stage) -> None:
    wanted = body(stage)
    submission_id = ids.submission_id(CUSTOMER_ID, wanted["client_token"])
    stage.absent("Readings", submission_id=submission_id)
    stage.remember("Meters", meter_id=wanted["meter_id"])
    answer = stage.call(202)
    assert answer == {"submission_id": submission_id, "status_url": f"/readings/{submission_id}"}
    row = stage.row("Readings", submission_id=submission_id)
    assert (row["value"], row["submitted_by"], row["source"]) == (wanted["value"], CUSTOMER_ID, "customer")
    # One execution a submission, for ever: on a cloud that has seen this event it is the one of the first time.
    execution = follow.execution_arn(stage.tools.outputs["MeterSubmissionStateMachineArn"], submission_id)
    states = stage.tools.client("stepfunctions")
    started = json.loads(states.describe_execution(executionArn=execution)["input"])
    assert (started["submission_id"], started["value"]) == (submission_id, wanted["value"])
    stage.until(lambda: states.describe_execution(executionArn=execution)["status"] != "RUNNING", "it has ended")


def get_reading(stage: Stage) -> None:
    submission_id = stage.event["pathParameters"]["submission_id"]
    reading = submitted(stage, submission_id=submission_id, status=Status.REJECTED, reasons=("duplicate",))
    stage.put("Readings", to_item(reading), "submission_id")
    answer = stage.call(200)
    assert (answer["submission_id"], answer["status"]) == (submission_id, "REJECTED")
    assert answer["reasons"] == ["duplicate"]


def get_evidence(stage: Stage) -> None:
    submission_id = stage.event["pathParameters"]["submission_id"]
    reading = submitted(stage, submission_id=submission_id, status=Status.ACCEPTED, quality=Quality.VALID)
    stage.put("Readings", to_item(reading), "submission_id")
    record = evidence.record_of(reading, None, photo_sha256=None, alternatives=[], previous_sha256=None)
    stage.put_object(stage.bucket("Lake"), evidence_records.key_of(submission_id), json.dumps(record).encode())
    assert stage.call(200) == record


def list_readings(stage: Stage) -> None:
    newest = submitted(stage, submission_id="invoke-newest", taken_at="2999-01-01T00:00:00Z")
    stage.put("Readings", to_item(newest), "submission_id")
    stored = stage.tools.table("Readings").query(
        IndexName="meter-index", KeyConditionExpression=Key("meter_id").eq("WTR-0001"), ScanIndexForward=False, Limit=10
    )
    listed = [item["submission_id"] for item in stage.call(200)["items"]]
    assert listed[0] == "invoke-newest"
    assert listed == [item["submission_id"] for item in stored["Items"]]


def list_validations(stage: Stage) -> None:
    # The most urgent review comes first.
    in_review(stage, "invoke-urgent", ranking="review_queue", rank=10**9)
    first = stage.call(200)["items"][0]
    assert (first["submission_id"], first["status"], first["verdict"]) == (
        "invoke-urgent",
        "PENDING_REVIEW",
        "UNREADABLE",
    )
    assert "task_token" not in first


def list_reviewers(stage: Stage) -> None:
    counts = {"reviewer": "invoke", "kind": "all", "ranking": "reviewers#all", "rank": 10**9, "decisions": 10**9}
    stage.put("ValidationResults", {"result_id": "reviewer#invoke#all", **counts}, "result_id")
    answer = stage.call(200)
    assert (answer["kind"], answer["items"][0]["reviewer"]) == ("all", "invoke")


def correct_reading(stage: Stage) -> None:
    submission_id, wait = stage.event["pathParameters"]["submission_id"], stage.wait()
    in_review(stage, submission_id, task_token=wait.token)
    answer = stage.call(200)
    assert (answer["submission_id"], answer["status"], answer["value"]) == (
        submission_id,
        "DECIDED",
        body(stage)["value"],
    )
    row = stage.row("ValidationResults", result_id=f"submission#{submission_id}")
    assert (row["status"], row["decision"]["value"]) == ("DECIDED", body(stage)["value"])
    assert wait.answer() == {"decision": "DECIDED"}


def list_alerts(stage: Stage) -> None:
    raised = now().replace(microsecond=0)
    stage.put("Alerts", to_item(alarm("ALERT-INVOKE", "WTR-0001", raised)), "alert_id")
    # The list is newest first and other tests raise alarms too, but hardly ten in this moment.
    [listed] = stage.until(
        lambda: [one for one in stage.call(200)["items"] if one["alert_id"] == "ALERT-INVOKE"], "the alarm is listed"
    )
    assert (listed["status"], listed["escalation_level"]) == ("ACTIVE", 1)
    assert "over 10 earlier intervals" in listed["reason"]


def acknowledge_alert(stage: Stage) -> None:
    alert_id = stage.event["pathParameters"]["alert_id"]
    stage.put("Alerts", to_item(alarm(alert_id)), "alert_id")
    memory = {"sensor_id": "state#WTR-0001", "timestamp": "tolerance"}
    stage.absent("SensorResults", **memory)
    lake, key = stage.bucket("Lake"), f"labels/alerts/{alert_id}.json"
    stage.remove_object(lake, key)
    stage.undo.callback(stage.remove_object, lake, key)
    heard = stage.listen("AlertAcknowledged")
    answer = stage.call(200)
    assert (answer["status"], answer["reason"]) == ("ACKNOWLEDGED", "normal_for_me")
    assert str(stage.row("SensorResults", **memory)["multiplier"]) == "1.5"
    label = stage.object(lake, key)
    assert label is not None
    assert json.loads(label)["right"] is False
    assert [one["reason"] for one in heard() if one["alert_id"] == alert_id] == ["normal_for_me"]
    row = stage.row("Alerts", alert_id=alert_id)
    assert (row["status"], row["acknowledgement"]["by"]) == ("ACKNOWLEDGED", CUSTOMER_ID)
    assert stage.call(200) == answer


def list_jobs(stage: Stage) -> None:
    job = offered_job(stage)
    have(stage, job)
    (listed,) = [item for item in stage.call(200)["items"] if item["job_id"] == job.job_id]
    assert (listed["status"], listed["meter_id"]) == ("OFFERED", job.meter_id)
    assert listed["offer_expires_at"]


def accept_job(stage: Stage) -> None:
    job, wait = offered_job(stage), stage.wait()
    have(stage, job, task_token=wait.token, waits_for=offers.offer_wait(1))
    answer = stage.call(200)
    assert (answer["job_id"], answer["status"]) == (job.job_id, "ACCEPTED")
    row = stored(stage, job)
    assert (row["status"], row["technician_id"]) == ("ACCEPTED", TECHNICIAN_ID)
    assert load(stage) == 1
    assert wait.answer() == {"answer": "ACCEPTED"}


def decline_job(stage: Stage) -> None:
    job, wait = offered_job(stage), stage.wait()
    have(stage, job, task_token=wait.token, waits_for=offers.offer_wait(1))
    answer = stage.call(200)
    assert (answer["job_id"], answer["status"]) == (job.job_id, "DECLINED")
    row = stored(stage, job)
    assert (row["status"], row["offers"][0]["answer"]) == ("OPEN", "DECLINED")
    assert wait.answer() == {"answer": "DECLINED"}


def complete_job(stage: Stage) -> None:
    job, wait = accepted_job(stage), stage.wait()
    have(stage, job, task_token=wait.token, waits_for=completion.COMPLETION_WAIT)
    assert stage.call(200)["job_id"] == job.job_id
    done = stored(stage, job)["completion"]
    assert (done["value"], done["note"]) == (body(stage)["value"], body(stage)["note"])
    assert wait.answer() == {"outcome": "COMPLETED"}


def create_session(stage: Stage) -> None:
    stage.put_object(stage.bucket("Site"), "data/invoke.json", b"behind the login")
    answer = stage.invoke()
    assert answer["statusCode"] == 200, answer
    cookie = answer["headers"]["Set-Cookie"].split(";")[0]
    # The site lets in whoever has the cookie, and nobody else.
    assert visit(stage, {}).status_code == 302
    page = visit(stage, {"Cookie": cookie})
    assert (page.status_code, page.text) == (200, "behind the login")


def visit(stage: Stage, headers: dict[str, str]) -> requests.Response:
    """Ask the site for the file, under the site's own name."""
    endpoints = stage.tools.cloud.endpoints
    host = endpoints["site_url"].split("//")[1]
    address = f"{endpoints['aws_endpoint_url']}/data/invoke.json"
    return requests.get(address, headers={"Host": host} | headers, timeout=SECONDS, allow_redirects=False)
