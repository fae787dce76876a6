"""LoadHistory: what is known of the meter and the valid readings that its new one is judged by."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow.adapters import meters, readings
from meterflow.contracts.anomaly_scoring import LoadHistoryInput, LoadHistoryResult, PastReading
from meterflow.errors import BrokenInvariant
from meterflow.observability import step
from meterflow.reading import Quality

# More than a year of weekly readings; 200 are some 14 kB of the state's 262 kB.
MOST_READINGS = 200


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Load the meter and its history before the reading. Raises BrokenInvariant where the meter is gone."""
    request = LoadHistoryInput.model_validate(event)
    meter = meters.get(request.meter_id)
    if meter is None:
        raise BrokenInvariant("a recorded reading belongs to a meter that does not exist")
    past = readings.history(request.meter_id, MOST_READINGS, before=request.taken_at)
    return LoadHistoryResult(
        kind=meter.kind,
        zone=meter.zone,
        unit=meter.unit,
        capacity=meter.capacity,
        multiplier=meter.multiplier,
        max_daily=meter.max_daily,
        # An estimate was computed from the history; judging by it would be judging by ourselves.
        readings=tuple(
            PastReading(value=each.value, taken_at=each.taken_at)
            for each in past
            if each.quality is not Quality.ESTIMATED
        ),
    ).payload()
