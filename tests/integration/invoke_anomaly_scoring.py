"""The steps of anomaly_scoring under `sam local invoke`: one function a step, named for it."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

from local import invoke
from meterflow import ids, work_order
from meterflow.adapters.items import to_item
from meterflow.clock import from_text, now, to_text
from meterflow.reading import Quality, Source, Status, new_reading
from tests.integration.invoke_stage import Stage
from tests.unit.alarms import alarm

METER = "WTR-0001"


def have_reading(stage: Stage, number: int, quality: Quality, status: Status) -> str:
    """Have a reading taken `number` minutes before the one of the sample event; its value."""
    reading = new_reading(
        submission_id=f"invoke-history-{number}",
        meter_id=METER,
        value=f"00999.{number:03d}",
        taken_at=to_text(from_text(stage.event["taken_at"]) - timedelta(minutes=number)),
        source=Source.CUSTOMER,
        submitted_by="invoke",
        photo_key=None,
        received_at=now(),
    )
    stage.put("Readings", to_item(reading.model_copy(update={"status": status, "quality": quality})), "submission_id")
    return reading.value


def load_history(stage: Stage) -> None:
    first = have_reading(stage, 1, Quality.VALID, Status.ACCEPTED)
    have_reading(stage, 2, Quality.ESTIMATED, Status.ACCEPTED)
    have_reading(stage, 3, Quality.RAW, Status.REJECTED)
    fourth = have_reading(stage, 4, Quality.EDITED, Status.ACCEPTED)
    # The very moment of the event's own reading is not before it.
    have_reading(stage, 0, Quality.VALID, Status.ACCEPTED)
    result = stage.invoke()
    values = [past["value"] for past in result["readings"]]
    assert values[:2] == [first, fourth]
    assert not [value for value in values[2:] if value.startswith("00999.")]
    assert (result["kind"], result["unit"], result["capacity"]) == ("water", "m3", "100000")


def score_reading(stage: Stage) -> None:
    result = stage.invoke()
    assert (result["outcome"], result["risk_level"]) == ("SCORED", "CRITICAL")
    # The events of the later steps go on with exactly this.
    raised = json.loads(invoke.event_file("anomaly_scoring/raise_alarm").read_text())
    for name in ("alert_id", "reason", "leak_probability", "burst_probability", "recent_readings", "evidence"):
        assert result[name] == raised[name], name


def store_score(stage: Stage) -> None:
    key = {"sensor_id": METER, "timestamp": stage.event["taken_at"]}
    stage.absent("SensorResults", **key)
    assert stage.invoke() == {"outcome": "STORED"}
    row = stage.row("SensorResults", **key)
    assert (row["risk_level"], row["score"], row["alert_sent"]) == ("CRITICAL", Decimal("0.9371"), False)
    days = (int(row["expires_at"]) - now().timestamp()) / 86400
    assert 29.9 < days <= 30


def raise_alarm(stage: Stage) -> None:
    alert_id, key = stage.event["alert_id"], {"sensor_id": METER, "timestamp": stage.event["taken_at"]}
    stage.absent("Alerts", alert_id=alert_id)
    score = key | {"submission_id": stage.event["submission_id"], "alert_sent": False}
    stage.put("SensorResults", score, "sensor_id", "timestamp")
    heard = stage.listen("AlarmRaised")
    told = stage.subscribe(stage.settings["CRITICAL_ALERTS_TOPIC"])
    assert stage.invoke() == {"outcome": "RAISED", "alert_id": alert_id, "ladder": True}
    row = stage.row("Alerts", alert_id=alert_id)
    assert (row["severity"], row["sensor_id"]) == ("CRITICAL", METER)
    assert row["published_at"]
    assert [json.loads(one["Message"])["alert_id"] for one in told() if alert_id in one["Message"]] == [alert_id]
    assert [one["severity"] for one in heard() if one["alert_id"] == alert_id] == ["CRITICAL"]
    assert stage.row("SensorResults", **key)["alert_sent"] is True


def request_dispatch(stage: Stage) -> None:
    job_key = ids.derived_id("job", METER, stage.event["alert_id"])
    job_id = work_order.job_id(job_key)
    stage.absent("Jobs", job_id=job_id)
    stage.remember("Meters", meter_id=METER)
    heard = stage.listen("DispatchRequested")
    assert stage.invoke() == {"outcome": "REQUESTED", "job_key": job_key, "job_id": job_id}
    (event,) = [one for one in heard() if one["job_key"] == job_key]
    assert (event["meter_id"], event["cause"], event["risk_level"]) == (METER, "anomaly", "CRITICAL")
    # The real machine has heard it too. Its offer would wait for a quarter of an hour: it is stopped.
    row = stage.until(lambda: offered(stage, job_id), "the job is offered")
    machine = stage.tools.outputs["TechnicianDispatchStateMachineArn"]
    stage.stop(f"{machine.replace(':stateMachine:', ':execution:')}:{row['holder']}")


def draw_chart(stage: Stage) -> None:
    alert_id = stage.event["alert_id"]
    stage.put("Alerts", to_item(alarm(alert_id, METER)), "alert_id")
    bucket, key = stage.bucket("Photos"), f"charts/{alert_id}"
    stage.undo.callback(stage.remove_object, bucket, key)
    assert stage.invoke() == {"outcome": "DRAWN", "chart_key": key}
    picture, page = stage.object(bucket, f"{key}.png"), stage.object(bucket, f"{key}.svg")
    assert picture is not None
    assert page is not None
    assert picture.startswith(b"\x89PNG")
    assert b"412.350 on 2026-11-14 to 452.350 on 2026-11-21" in page
    assert stage.row("Alerts", alert_id=alert_id)["chart_key"] == key


def offered(stage: Stage, job_id: str) -> dict[str, Any] | None:
    """The job's row, once it is offered and its machine waits."""
    row = stage.row("Jobs", job_id=job_id)
    return row if row.get("waits_for") else None
