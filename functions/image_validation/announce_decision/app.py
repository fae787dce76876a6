"""AnnounceDecision: tell the bus what became of a reading after its review."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import ids, settlement
from meterflow.adapters import bus, earlier_readings, meters, readings
from meterflow.contracts.image_validation import AnnounceDecisionInput, AnnounceDecisionResult
from meterflow.errors import BrokenInvariant
from meterflow.observability import step


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The second message of a submission has an event_id of its own, always the same one. What settled with it is told
    as well."""
    request = AnnounceDecisionInput.model_validate(event)
    reading = readings.get(request.submission_id)
    if reading is None:
        raise BrokenInvariant("a decision is announced for a submission that was never recorded")
    meter = meters.get(reading.meter_id)
    event_id = ids.derived_id(request.submission_id, "decided")
    bus.publish("ReadingSettled", settlement.reading_settled(reading, meter, event_id))
    earlier_readings.tell(reading, meter)
    return AnnounceDecisionResult(event_id=event_id).payload()
