"""The real functions in the real definition: what each state hands to the next is what the next one takes."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from meterflow.adapters import alerts, meter_memory
from tests.unit.functions.anomaly_scoring.hourly import LEAK_FROM, register
from tests.workflow import asl
from tests.workflow.expressions import Run, run
from tests.workflow.scenarios import PARAMETERS

STEPS = ("LoadHistory", "ScoreReading", "StoreScore", "RaiseAlarm", "RequestDispatch", "DrawChart")


@pytest.fixture
def execute(load_handler: Any, lambda_context: Any, ears: Any) -> Callable[[Any], Run]:  # noqa: ARG001
    """`execute(input)` runs the machine on the real functions."""
    machine = asl.load(asl.FOLDER / "anomaly_scoring.asl.json")
    names = {step: "".join(f"_{c.lower()}" if c.isupper() else c for c in step).lstrip("_") for step in STEPS}
    handlers = {step: load_handler("anomaly_scoring", name).handler for step, name in names.items()}

    def bound(step: str) -> Callable[[Any], Any]:
        return lambda payload: json.loads(json.dumps(handlers[step](json.loads(json.dumps(payload)), lambda_context)))

    return lambda given: run(machine, given, {step: bound(step) for step in STEPS}, substitutions=PARAMETERS, name="it")


def drawn(alert_id: str) -> bytes:
    answer = boto3.client("s3").get_object(Bucket=os.environ["PHOTOS_BUCKET"], Key=f"charts/{alert_id}.png")
    content: bytes = answer["Body"].read()
    return content


@pytest.mark.usefixtures("usual_weeks")
def test_a_burst_from_reading_to_chart(execute: Any, event: Any, ears: Any) -> None:
    result = execute(event("anomaly_scoring/workflow"))
    assert (result.status, result.output["risk_level"], result.output["degraded"]) == ("SUCCEEDED", "CRITICAL", [])
    assert (result.output["job_requested"], result.path[-2]) == (True, "DrawChart")
    alert = alerts.get(result.output["alert_id"])
    assert alert is not None
    assert alert.chart_key == f"charts/{alert.alert_id}"
    assert alert.acknowledgement is None
    assert drawn(alert.alert_id).startswith(b"\x89PNG")
    assert {one["detail-type"] for one in ears.take("bus")} == {"AlarmRaised", "DispatchRequested"}
    again = execute(event("anomaly_scoring/workflow"))
    assert again.output == result.output
    assert len(ears.take("critical")) == 1


@pytest.mark.usefixtures("usual_weeks")
def test_what_was_taught_reaches_the_score(execute: Any, event: Any) -> None:
    unusual = event("anomaly_scoring/workflow") | {"value": "00417.000"}
    taught = []
    for alert_id in ("", "a", "b", "c"):
        if alert_id:
            meter_memory.teach("WTR-0001", alert_id, datetime(2026, 11, 21, 8, tzinfo=UTC))
        taught.append(execute(unusual).output["score"])
    assert taught == sorted(taught, reverse=True)
    assert taught[0] > taught[-1]


def test_an_hourly_meter_is_told_once_of_its_leak(execute: Any, put_reading: Any) -> None:
    """The state goes from execution to execution; only the reading that starts the leak alarms."""
    told = {}
    for hour in range(LEAK_FROM - 200, LEAK_FROM + 15):
        taken_at, value = register(hour)
        if hour >= LEAK_FROM + 8:
            given = {"submission_id": f"h-{hour}", "meter_id": "WTR-0001", "value": value, "taken_at": taken_at}
            told[hour] = execute(given).output
        put_reading(0, value, taken_at=taken_at)
    alarmed = [hour for hour, output in told.items() if "alert_id" in output]
    assert len(alarmed) == 1
    assert {output["degraded"] == [] for output in told.values()} == {True}
    state = meter_memory.load("WTR-0001").scorers["meter"]
    assert state.newest_at == register(LEAK_FROM + 14)[0]


def test_a_sensor_from_alarm_to_chart(execute: Any, event: Any, ears: Any) -> None:
    given = event("anomaly_scoring/workflow_sensor")
    result = execute(given)
    assert (result.status, result.output["degraded"], result.output["job_requested"]) == ("SUCCEEDED", [], False)
    assert drawn(given["alarm"]["alert_id"]).startswith(b"\x89PNG")
    assert len(ears.take("critical")) == 1


def test_a_new_meter_has_no_verdict(execute: Any, event: Any, meter: Any) -> None:  # noqa: ARG001
    result = execute(event("anomaly_scoring/workflow"))
    assert (result.output["reason"], result.output["risk_level"]) == ("too_little_history", None)
