"""SettleReading: give the submission its final status and quality, and the meter its latest reading, in one write."""

from datetime import datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock, settlement
from meterflow.adapters import readings
from meterflow.contracts.meter_submission import Scoring, SettleReadingInput, SettleReadingResult
from meterflow.errors import BrokenInvariant
from meterflow.meter import Exchange
from meterflow.observability import step
from meterflow.reading import Source
from meterflow.vee import Earlier, Outcome


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Settle from what the steps before found out; a repeated call finds the state that holds."""
    request = SettleReadingInput.model_validate(event)
    now = clock.now()
    scoring = request.scoring or Scoring()
    decided = settlement.settle(
        request.source,
        request.validation.as_decision(),
        duplicate=request.duplicate,
        photo=request.photo_result,
        risk_level=scoring.risk_level,
        scored=not scoring.unavailable,
    )
    row = request.as_reading(now)
    if request.validation.outcome == Outcome.REJECT:
        # A refused reading skipped RecordReading, so it has no row where no API call came before. It is kept as well.
        readings.put_new_submission(row)
    shown = request.validation.value or request.value
    outcome = readings.settle(
        request.submission_id,
        meter_id=request.meter_id,
        status=decided.status,
        quality=decided.quality,
        reasons=decided.reasons,
        value=shown,
        taken_at=row.taken_at,
        photo=request.photo_result,
        risk_level=scoring.risk_level,
        job_id=scoring.job_id,
        edit=_conversion(request, now) if shown != request.value else None,
        validation=request.validation.model_dump(mode="json", exclude={"outcome", "value"}),
        earlier=[Earlier(one.submission_id, one.status, one.reason) for one in request.validation.earlier],
        exchange=_exchange(request, shown, row.taken_at) if request.validation.exchanged else None,
        now=now,
    )
    stored = readings.get(request.submission_id)
    if not stored:
        raise BrokenInvariant("a settled submission is gone")
    return SettleReadingResult(
        outcome=outcome,
        submission_id=stored.submission_id,
        meter_id=stored.meter_id,
        status=stored.status,
        quality=stored.quality,
        reasons=stored.reasons,
    ).payload()


def _conversion(request: SettleReadingInput, now: datetime) -> dict[str, str]:
    """Why the value that counts is not the text that was sent."""
    return {
        "reason": "unit_converted",
        "unit": request.unit or "",
        "edited_by": readings.BY_RULES,
        "edited_at": clock.to_text(now),
    }


def _exchange(request: SettleReadingInput, shown: str, taken_at: str) -> Exchange | None:
    """The new meter that a technician read first; None where the exchange was on record already."""
    if request.source != Source.TECHNICIAN or not request.serial_number:
        return None
    return Exchange(
        exchanged_at=taken_at,
        start_value=shown,
        new_serial_number=request.serial_number,
        recorded_by=request.submitted_by,
        submission_id=request.submission_id,
    )
