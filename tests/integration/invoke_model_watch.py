"""The functions that watch the models under `sam local invoke`: one function a step, named for it."""

import json
from decimal import Decimal

from meterflow import drift
from meterflow.adapters import drift_references, model_store
from meterflow.adapters.items import to_item
from meterflow.alert import Acknowledgement, Predictions, new_alert
from meterflow.clock import from_text
from meterflow.model_registry import SHIPPED
from meterflow.training_data import Example, example_key
from tests.integration.invoke_model_training import KIND, have_registry
from tests.integration.invoke_stage import Stage

SENSOR, AT = "LEAK-INVOKE", "2026-11-20T08:00:00Z"


def measure_drift(stage: Stage) -> None:
    """A day like the one that the shipped models' reference knows."""
    have_registry(stage)
    world = {"flow_day": [number / 500 for number in range(500)]}
    known = drift.reference(world, "live", "2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z")
    lake, name = stage.bucket("Lake"), model_store.file_key(KIND, SHIPPED, drift_references.NAME)
    before = stage.object(lake, name)
    if before is not None:
        stage.undo.callback(stage.tools.client("s3").put_object, Bucket=lake, Key=name, Body=before)
    stage.put_object(lake, name, known.model_dump_json().encode())
    for number in range(300):
        row = {
            "sensor_id": f"invoke-{number}",
            "timestamp": f"2020-01-02T{number // 60:02d}:{number % 60:02d}:00Z",
            "sample": f"{KIND}#{SHIPPED}",
            "probabilities": {},
            "features": {"flow_day": Decimal(number) / 300},
        }
        stage.put("SensorResults", row, "sensor_id", "timestamp")
    (found,) = stage.invoke()["found"]
    assert (found["outcome"], found["rows"]) == ("STABLE", 300), found


def keep_example(stage: Stage) -> None:
    alert_id = stage.event["detail"]["alert_id"]
    predictions = Predictions(leak_probability=0.8, burst_probability=0.4, confidence_score=0.9, risk_level="CRITICAL")
    raised = new_alert(
        alert_id=alert_id, submission_id="invoke-row", meter_id=SENSOR, alert_type="BURST_DETECTED", zone="CRITICAL",
        location="38.30000,-0.40000", risk_level="CRITICAL", trend="rising", now=from_text("2026-11-20T08:00:05Z"),
        predictions=predictions, subject="leak", taken_at=AT, model_version=SHIPPED,
    )  # fmt: skip
    answer = Acknowledgement(reason="false_alarm", by="invoke", role="operator", at="2026-11-20T09:00:00Z")
    stage.put("Alerts", to_item(raised.model_copy(update={"acknowledgement": answer})), "alert_id")
    seen = {"probabilities": {"leak": Decimal("0.8")}, "features": {"flow_day": Decimal("2.5")}}
    stage.put("SensorResults", {"sensor_id": SENSOR, "timestamp": AT, **seen}, "sensor_id", "timestamp")
    lake, name = stage.bucket("Lake"), f"examples/{KIND}/2026-11-20/{alert_id}.json"
    stage.remove_object(lake, name)
    stage.undo.callback(stage.remove_object, lake, name)
    assert stage.invoke() == {"outcome": "KEPT", "example_id": alert_id}
    example = Example.model_validate(json.loads(stage.object(lake, name) or b"{}"))
    assert example_key(example) == name
    assert dict(example.truth) == {"leak": False, "burst": False}
