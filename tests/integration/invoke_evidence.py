"""The step of evidence under `sam local invoke`."""

import json

from meterflow import evidence
from meterflow.adapters import evidence_records
from meterflow.adapters.items import to_item
from meterflow.reading import Quality, Status
from tests.integration.invoke_meter_submission import submitted
from tests.integration.invoke_stage import Stage


def keep_evidence(stage: Stage) -> None:
    submission_id = stage.event["detail"]["submission_id"]
    reading = submitted(stage, submission_id=submission_id, status=Status.ACCEPTED, quality=Quality.VALID)
    stage.put("Readings", to_item(reading), "submission_id")
    lake, key = stage.bucket("Lake"), evidence_records.key_of(submission_id)
    stage.remove_object(lake, key)
    stage.undo.callback(stage.remove_object, lake, key)
    result = stage.invoke()
    assert (result["outcome"], result["submission_id"]) == ("KEPT", submission_id)
    record = json.loads(stage.object(lake, key) or b"{}")
    assert evidence.verify(record) == record["sha256"] == result["sha256"]
    assert (record["value"], record["quality"]) == (reading.value, "valid")
    # The event comes again: nothing new is written.
    assert stage.invoke() == {**result, "outcome": "SAME"}
