"""ValidateReading: may this reading be believed, refused or looked at? Decides; writes nothing."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock, vee
from meterflow.adapters import meters, readings
from meterflow.contracts.meter_submission import MeterFacts, ValidateReadingInput, ValidateReadingResult
from meterflow.observability import step
from meterflow.reading import normal_time


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Run the rules of the reading's source over it, its meter and its neighbours in time."""
    request = ValidateReadingInput.model_validate(event)
    claim = vee.Claim(request.value, request.taken_at, request.source, request.submitted_by, request.photo_key)
    meter = meters.get(request.meter_id)
    refusal = vee.check_form(claim, meter, clock.now())
    if refusal:
        return ValidateReadingResult(
            outcome=refusal.outcome, reasons=refusal.reasons, taken_at=request.taken_at
        ).payload()

    taken_at = normal_time(request.taken_at)
    neighbours = readings.neighbours(meter, taken_at, request.submission_id)
    decision = vee.check_history(claim, meter, neighbours)
    facts = MeterFacts(
        digits=meter.digits,
        decimals=meter.decimals,
        serial_number=meter.serial_number,
        previous_value=neighbours.previous.text if neighbours.previous else None,
    )
    return ValidateReadingResult(
        outcome=decision.outcome, reasons=decision.reasons, taken_at=taken_at, meter=facts
    ).payload()
