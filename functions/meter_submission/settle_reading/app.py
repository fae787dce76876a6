"""SettleReading: give the submission its final status and quality, and the meter its latest reading, in one write."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock, settlement
from meterflow.adapters import readings
from meterflow.contracts.meter_submission import Scoring, SettleReadingInput, SettleReadingResult
from meterflow.errors import BrokenInvariant
from meterflow.observability import step
from meterflow.vee import Decision, Outcome


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Settle from what the steps before found out; a repeated call finds the state that holds."""
    request = SettleReadingInput.model_validate(event)
    now = clock.now()
    scoring = request.scoring or Scoring()
    decided = settlement.settle(
        request.source,
        Decision(request.validation.outcome, request.validation.reasons),
        duplicate=request.duplicate,
        photo=request.photo_result,
        risk_level=scoring.risk_level,
        scored=not scoring.unavailable,
    )
    row = request.as_reading(now)
    if request.validation.outcome == Outcome.REJECT:
        # A refused reading skipped RecordReading, so it has no row where no API call came before. It is kept as well.
        readings.put_new_submission(row)
    outcome = readings.settle(
        request.submission_id,
        meter_id=request.meter_id,
        status=decided.status,
        quality=decided.quality,
        reasons=decided.reasons,
        value=request.value,
        taken_at=row.taken_at,
        photo=request.photo_result,
        risk_level=scoring.risk_level,
        job_id=scoring.job_id,
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
