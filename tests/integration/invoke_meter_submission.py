"""The steps of meter_submission under `sam local invoke`: one function a step, named for it."""

from typing import Any

from local.city.people import CUSTOMER_ID
from meterflow.adapters.items import to_item
from meterflow.clock import now
from meterflow.reading import Quality, Reading, Source, Status, new_reading
from tests.integration.invoke_stage import Stage

# The workflow's sample; a step's event names only what the step needs.
FIRST: dict[str, Any] = {
    "submission_id": "e5c58fa8-3c3e-51fe-b0a9-beeb0fd80fe4",
    "meter_id": "WTR-0001",
    "value": "00001.000",
    "taken_at": "2020-01-01T08:00:00Z",
    "photo_key": None,
}


def submitted(stage: Stage, **changes: object) -> Reading:
    """The submission of the sample events as RecordReading left it, with `changes`."""
    named = {name: value for name, value in stage.event.items() if name in FIRST}
    row = new_reading(**FIRST | named, source=Source.CUSTOMER, submitted_by=CUSTOMER_ID, received_at=now())
    return row.model_copy(update=changes)


def have(stage: Stage, reading: Reading) -> None:
    """Have the submission in its table. Its meter may get a new latest reading; it gets its old one back."""
    stage.put("Readings", to_item(reading), "submission_id")
    stage.remember("Meters", meter_id=reading.meter_id)


def validate_reading(stage: Stage) -> None:
    meter = stage.row("Meters", meter_id=stage.event["meter_id"])
    result = stage.invoke()
    # Seven years before anything that is known of the meter: nothing speaks against it, and it comes late.
    assert (result["outcome"], result["reasons"]) == ("ACCEPT", ["late_reading"])
    assert result["meter"] == {
        "digits": meter["digits"],
        "decimals": meter["decimals"],
        "serial_number": meter["serial_number"],
        "previous_value": None,
    }


def record_reading(stage: Stage) -> None:
    submission_id, moment = stage.event["submission_id"], stage.event["taken_at"]
    claim_key = f"reading#{stage.event['meter_id']}#{moment}"
    stage.absent("Readings", submission_id=submission_id)
    stage.absent("Claims", claim_key=claim_key)
    assert stage.invoke() == {"outcome": "RECORDED", "holder": submission_id}
    row = stage.row("Readings", submission_id=submission_id)
    assert (row["status"], row["value"], row["taken_at"]) == ("PROCESSING", stage.event["value"], moment)
    assert stage.row("Claims", claim_key=claim_key)["holder"] == submission_id


def settle_reading(stage: Stage) -> None:
    reading = submitted(stage)
    have(stage, reading)
    result = stage.invoke()
    assert (result["outcome"], result["status"], result["quality"]) == ("SETTLED", "ACCEPTED", "valid")
    row = stage.row("Readings", submission_id=reading.submission_id)
    assert (row["status"], row["quality"], row["reasons"]) == ("ACCEPTED", "valid", ["late_reading"])
    assert row["risk_level"] == "LOW"
    assert row["settled_at"]


def announce_outcome(stage: Stage) -> None:
    reading = submitted(stage, status=Status.ACCEPTED, quality=Quality.VALID, reasons=("late_reading",))
    have(stage, reading)
    heard = stage.listen("ReadingSettled")
    result = stage.invoke()
    assert (result["status"], result["events"]) == ("ACCEPTED", ["ReadingSettled"])
    (event,) = [one for one in heard() if one["submission_id"] == reading.submission_id]
    assert (event["event_id"], event["status"], event["unit"]) == (reading.submission_id, "ACCEPTED", "m3")
    assert event["value"] == reading.value
