"""RecordReading: write the submission once and claim its meter and moment, so that a duplicate finds the first."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock
from meterflow.adapters import readings
from meterflow.contracts.meter_submission import RecordReadingInput, RecordReadingResult
from meterflow.observability import step


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Record after the API wrote the row as well as for an execution that nobody announced."""
    request = RecordReadingInput.model_validate(event)
    now = clock.now()
    holder = readings.record(request.as_reading(now), now)
    outcome = "RECORDED" if holder == request.submission_id else "DUPLICATE"
    return RecordReadingResult(outcome=outcome, holder=holder).payload()
