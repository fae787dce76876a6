"""GET /readings/{submission_id}/evidence: for the meter's owner and operators, as it was sealed."""

from datetime import UTC, datetime
from typing import Any

from meterflow import evidence
from meterflow.adapters import evidence_records, readings
from meterflow.reading import Source, new_reading

PATH = {"submission_id": "s-1"}


def prove(meter: Any) -> dict[str, Any]:
    meter()
    row = new_reading(
        submission_id="s-1",
        meter_id="WTR-0001",
        value="00123.456",
        taken_at="2026-11-20T08:00:00Z",
        source=Source.TECHNICIAN,
        submitted_by="tech",
        photo_key=None,
        received_at=datetime(2026, 11, 21, tzinfo=UTC),
    )
    readings.put_new_submission(row)
    record = evidence.record_of(row, None)
    evidence_records.put(record, None)
    return record


def test_the_owner_and_operators_get_it_whole(call: Any, meter: Any) -> None:
    record = prove(meter)
    for who in ({}, {"user": "op", "groups": "operator"}):
        status, body = call("get_evidence", path=PATH, **who)
        assert (status, body) == (200, record)
        assert evidence.verify(body) == record["sha256"]


def test_nobody_else_does(call: Any, meter: Any) -> None:
    prove(meter)
    assert call("get_evidence", path=PATH, user="stranger")[0] == 404
    assert call("get_evidence", path=PATH, user="tech", groups="technician")[0] == 403
    assert call("get_evidence", path={"submission_id": "s-2"})[0] == 404
    assert call("get_evidence", path={"submission_id": "x" * 129})[0] == 404
