"""A burst is scored, alarmed once, and a technician is sent for it."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.conditions import Key

from local.city.people import TECHNICIAN_ID
from meterflow import ids
from meterflow.adapters.items import to_item
from meterflow.alert import alert_id_for, row_id
from meterflow.clock import now, to_text
from meterflow.meter import Latest
from meterflow.reading import Quality, Reading, Source, Status
from tests.integration.conftest import Cloud

WEEKS = 10
A_WEEK = Decimal("2.100")
KEPT = timedelta(days=30)


def with_history(laptop: Cloud) -> tuple[str, Decimal, datetime]:
    """A meter beside the technician who can log in, read every week until yesterday; its last value and when."""
    base = laptop.table("Technicians").get_item(Key={"technician_id": TECHNICIAN_ID})["Item"]["base"]
    meter_id = laptop.new_meter(location={"lat": float(base["lat"]) + 0.001, "lon": float(base["lon"])})
    last = now().replace(microsecond=0) - timedelta(days=1)
    values = [Decimal("00100.000") + A_WEEK * week for week in range(WEEKS)]
    past = [
        Reading(
            submission_id=str(uuid.uuid4()),
            meter_id=meter_id,
            value=f"{value:09.3f}",
            taken_at=to_text(last - timedelta(weeks=WEEKS - 1 - week)),
            source=Source.CUSTOMER,
            submitted_by="t",
            fingerprint="t",
            received_at=to_text(last),
            status=Status.ACCEPTED,
            quality=Quality.VALID,
            settled_at=to_text(last),
        )
        for week, value in enumerate(values)
    ]
    with laptop.table("Readings").batch_writer() as readings:
        for reading in past:
            readings.put_item(Item=to_item(reading))
    newest = past[-1]
    latest = Latest(
        submission_id=newest.submission_id, value=newest.value, taken_at=newest.taken_at, quality=newest.quality
    )
    laptop.table("Meters").update_item(
        Key={"meter_id": meter_id},
        UpdateExpression="SET latest = :latest",
        ExpressionAttributeValues={":latest": to_item(latest)},
    )
    return meter_id, values[-1], last


@contextmanager
def listening(laptop: Cloud, topic_name: str) -> Iterator[Any]:
    """A question that gives every message of the topic since: a queue of the test's own is subscribed to it."""
    sns, sqs = laptop.client("sns"), laptop.client("sqs")
    topics = [topic["TopicArn"] for page in sns.get_paginator("list_topics").paginate() for topic in page["Topics"]]
    (topic,) = [arn for arn in topics if topic_name in arn]
    queue = sqs.create_queue(QueueName=f"test-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allowed = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [allowed | {"Resource": arn}]}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True)
    heard: list[dict[str, Any]] = []

    def hear() -> list[dict[str, Any]]:
        received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        heard.extend(json.loads(json.loads(message["Body"])["Message"]) for message in received)
        return heard

    try:
        yield hear
    finally:
        sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
        sqs.delete_queue(QueueUrl=queue)


def alerts(laptop: Cloud, meter_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = laptop.table("Alerts").query(
        IndexName="meter-index", KeyConditionExpression=Key("meter_id").eq(meter_id)
    )["Items"]
    return found


def jobs_at(laptop: Cloud, meter_id: str) -> list[dict[str, Any]]:
    items = laptop.session("technician").call("GET", "/jobs")["items"]
    return [item for item in items if item["meter_id"] == meter_id]


@pytest.mark.parametrize(
    ("used", "level", "topic"),
    [("30.000", "CRITICAL", "CriticalAlertsTopic"), ("4.400", "HIGH", "MaintenanceAlertsTopic")],
)
def test_a_burst_is_alarmed_once_and_ends_with_the_work_done(laptop: Cloud, used: str, level: str, topic: str) -> None:
    meter_id, last, _ = with_history(laptop)
    taken_at = to_text(now().replace(microsecond=0))
    with listening(laptop, topic) as hear:
        submission_id = laptop.submit(meter_id, f"{last + Decimal(used):09.3f}", taken_at=taken_at)
        result = laptop.settled(submission_id)
        # Unusual is no reason to refuse: the meter may be right.
        assert (result["status"], result["risk_level"]) == ("ACCEPTED", level), result

        (alert,) = laptop.eventually(lambda: alerts(laptop, meter_id))
        assert alert["alert_id"] == alert_id_for(submission_id, taken_at)
        assert (alert["severity"], alert["submission_id"]) == (level, submission_id)
        assert alert["published_at"]
        heard = laptop.eventually(lambda: [one for one in hear() if one["sensor_id"] == meter_id])
        assert [one["alert_id"] for one in heard] == [alert["alert_id"]]
        assert "address" not in json.dumps(heard)
        context = heard[0]["context"]
        assert "times the usual" in context["trend_analysis"]
        assert used.rstrip("0").rstrip(".") in context["explanation"]
        assert heard[0]["response_required"]["escalation_level"] == 1

    score = laptop.table("SensorResults").get_item(Key={"sensor_id": meter_id, "timestamp": taken_at})["Item"]
    assert (score["risk_level"], score["submission_id"], score["alert_sent"]) == (level, submission_id, True)
    assert abs(int(score["expires_at"]) - (now() + KEPT).timestamp()) < 3600
    assert used.rstrip("0").rstrip(".") in score["reason"]

    (job,) = laptop.eventually(lambda: jobs_at(laptop, meter_id))
    assert (job["status"], job["cause"], job["risk_level"]) == ("OFFERED", "anomaly", level)
    assert job["submission_id"] == submission_id
    technician = laptop.session("technician")
    technician.call("POST", f"/jobs/{job['job_id']}/accept", {})
    technician.call("POST", f"/jobs/{job['job_id']}/complete", {"note": "pipe mended"})
    jobs = laptop.table("Jobs")
    laptop.eventually(lambda: jobs.get_item(Key={"job_id": job["job_id"]})["Item"]["status"] == "DONE")
    for what in ("ACCEPTED", "DONE"):
        event_id = ids.derived_id("job-event", job["job_id"], what, "1")
        assert len(laptop.eventually(lambda event_id=event_id: laptop.messages(event_id))) == 1
    assert len(alerts(laptop, meter_id)) == 1
    assert jobs_at(laptop, meter_id) == []


def test_ordinary_use_is_scored_and_alarms_nobody(laptop: Cloud) -> None:
    meter_id, last, _ = with_history(laptop)
    taken_at = to_text(now().replace(microsecond=0))
    submission_id = laptop.submit(meter_id, f"{last + Decimal('0.300'):09.3f}", taken_at=taken_at)
    assert laptop.settled(submission_id)["risk_level"] == "LOW"
    score = laptop.table("SensorResults").get_item(Key={"sensor_id": meter_id, "timestamp": taken_at})["Item"]
    assert score["alert_sent"] is False
    assert alerts(laptop, meter_id) == []
    assert "open_job" not in laptop.table("Meters").get_item(Key={"meter_id": meter_id})["Item"]


def test_scoring_the_same_reading_again_raises_no_second_alarm_and_no_second_job(laptop: Cloud) -> None:
    meter_id, last, _ = with_history(laptop)
    taken_at = to_text(now().replace(microsecond=0))
    value = f"{last + Decimal('30.000'):09.3f}"
    submission_id = laptop.submit(meter_id, value, taken_at=taken_at)
    laptop.settled(submission_id)
    (job,) = laptop.eventually(lambda: jobs_at(laptop, meter_id))
    states = laptop.client("stepfunctions")
    request = {"submission_id": submission_id, "meter_id": meter_id, "value": value, "taken_at": taken_at}
    with listening(laptop, "CriticalAlertsTopic") as hear:
        again = [
            states.start_execution(
                stateMachineArn=laptop.outputs["AnomalyScoringStateMachineArn"], input=json.dumps(request)
            )["executionArn"]
            for _ in range(3)
        ]
        for arn in again:
            status = laptop.eventually(
                lambda arn=arn: (s := states.describe_execution(executionArn=arn)["status"]) != "RUNNING" and s
            )
            assert status == "SUCCEEDED"
        assert [one for one in hear() if one["sensor_id"] == meter_id] == []
    assert len(alerts(laptop, meter_id)) == 1
    assert [one["job_id"] for one in jobs_at(laptop, meter_id)] == [job["job_id"]]
    technician = laptop.session("technician")
    technician.call("POST", f"/jobs/{job['job_id']}/accept", {})
    technician.call("POST", f"/jobs/{job['job_id']}/complete", {})


def chart(laptop: Cloud, key: str) -> bytes:
    content: bytes = laptop.client("s3").get_object(Bucket=laptop.outputs["PhotosBucketName"], Key=key)["Body"].read()
    return content


def test_an_alarm_is_drawn_shown_and_answered(laptop: Cloud) -> None:
    meter_id, last, _ = with_history(laptop)
    submission_id = laptop.submit(
        meter_id, f"{last + Decimal('30.000'):09.3f}", taken_at=to_text(now().replace(microsecond=0))
    )
    laptop.settled(submission_id)
    (row,) = laptop.eventually(lambda: [one for one in alerts(laptop, meter_id) if one.get("chart_key")])
    key = row["chart_key"]
    assert chart(laptop, f"{key}.png").startswith(b"\x89PNG")
    assert b"<desc" in chart(laptop, f"{key}.svg")

    (mine,) = laptop.session("customer").call("GET", f"/alerts?meter={meter_id}")["items"]
    assert mine["reason"].startswith("Your water meter counted 30 ")
    assert f"{key}.png" in mine["chart"]["png"]
    (seen,) = laptop.session("operator").call("GET", f"/alerts?meter={meter_id}&severity=CRITICAL")["items"]
    assert (seen["model_version"], seen["escalation_level"]) == ("rate-anomaly-1", 1)
    # The technician who is asked sees it; asked about a meter without a job they see nothing.
    laptop.eventually(lambda: jobs_at(laptop, meter_id))
    (theirs,) = laptop.session("technician").call("GET", f"/alerts?meter={meter_id}")["items"]
    assert "stop valve" in theirs["reason"]

    answer = {"reason": "normal_for_me", "comment": "The pool was filled"}
    path = f"/alerts/{row['alert_id']}/acknowledge"
    first = laptop.session("customer").call("POST", path, answer)
    assert laptop.session("customer").call("POST", path, answer) == first
    token = laptop.session("operator").id_token
    assert laptop.request("POST", path, {"reason": "fixed"}, token=token).status_code == 409
    assert alerts(laptop, meter_id)[0]["acknowledgement"]["reason"] == "normal_for_me"
    label = laptop.client("s3").get_object(
        Bucket=laptop.outputs["LakeBucketName"], Key=f"labels/alerts/{row['alert_id']}.json"
    )
    assert json.loads(label["Body"].read())["right"] is False
    (job,) = jobs_at(laptop, meter_id)
    technician = laptop.session("technician")
    technician.call("POST", f"/jobs/{job['job_id']}/accept", {})
    technician.call("POST", f"/jobs/{job['job_id']}/complete", {})


def test_what_was_learned_makes_the_next_alarm_milder(laptop: Cloud) -> None:
    levels = {}
    for taught in (False, True):
        meter_id, last, _ = with_history(laptop)
        if taught:
            laptop.table("SensorResults").put_item(
                Item={
                    "sensor_id": f"state#{meter_id}",
                    "timestamp": "tolerance",
                    "multiplier": Decimal(3),
                    "until": to_text(now() + timedelta(days=30)),
                    "version": 1,
                }
            )
        value = f"{last + Decimal('4.400'):09.3f}"
        submission_id = laptop.submit(meter_id, value, taken_at=to_text(now().replace(microsecond=0)))
        levels[taught] = laptop.settled(submission_id)["risk_level"]
        if not taught:
            (job,) = laptop.eventually(lambda meter_id=meter_id: jobs_at(laptop, meter_id))
            laptop.session("technician").call("POST", f"/jobs/{job['job_id']}/decline", {})
    assert levels == {False: "HIGH", True: "LOW"}


def test_a_fire_is_told_at_once_and_sends_nobody_round_the_ladder(laptop: Cloud) -> None:
    sensor_id, moment = f"FIRE-{uuid.uuid4().hex[:8]}", to_text(now().replace(microsecond=0))
    submission_id = row_id(sensor_id, moment)
    alarm = {
        "alert_id": alert_id_for(submission_id, moment),
        "submission_id": submission_id,
        "meter_id": sensor_id,
        "taken_at": moment,
        "kind": "fire",
        "zone": "CRITICAL",
        "risk_level": "CRITICAL",
        "score": 0.97,
        "reason": "91 degrees where 24 are usual.",
        "found": "fire",
        "probabilities": {"fire": 0.97},
        "model_version": "shipped",
        "sensor": {"location": "Boiler room", "lat": 38.3452, "lon": -0.48301},
        "rows": [{"taken_at": moment, "measurements": {"t_max": 91.0}}],
    }
    states = laptop.client("stepfunctions")
    machine = laptop.outputs["AnomalyScoringStateMachineArn"]
    with listening(laptop, "CriticalAlertsTopic") as hear:
        arn = states.start_execution(stateMachineArn=machine, input=json.dumps({"alarm": alarm}))["executionArn"]
        (heard,) = laptop.eventually(lambda: [one for one in hear() if one["sensor_id"] == sensor_id])
        assert (heard["alert_type"], heard["location"]) == ("FIRE_DETECTED", "Boiler room")
        assert heard["response_required"]["contact_list"][0] == "fire-warden"
    laptop.eventually(lambda: states.describe_execution(executionArn=arn)["status"] == "SUCCEEDED")
    output = json.loads(states.describe_execution(executionArn=arn)["output"])
    assert (output["job_requested"], output["degraded"]) == (False, [])
    assert chart(laptop, f"charts/{alarm['alert_id']}.png").startswith(b"\x89PNG")
