"""StoreScore: keep the score for 30 days."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock
from meterflow.adapters import meters, scores
from meterflow.alert import coordinates
from meterflow.contracts.anomaly_scoring import StoreScoreInput, StoreScoreResult
from meterflow.errors import BrokenInvariant
from meterflow.observability import step
from meterflow.rate_anomaly import MODEL_VERSION
from meterflow.sensor_result import SensorResult


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Write the row. The meter's place is read here, so that it never travels in the machine's state."""
    request = StoreScoreInput.model_validate(event)
    meter = meters.get(request.meter_id)
    if meter is None:
        raise BrokenInvariant("a scored reading belongs to a meter that does not exist")
    result = SensorResult(
        sensor_id=request.meter_id,
        timestamp=request.taken_at,
        submission_id=request.submission_id,
        location=coordinates(meter.location),
        facility_zone=request.zone,
        leak_probability=request.leak_probability,
        burst_probability=request.burst_probability,
        risk_level=request.risk_level,
        score=request.score,
        reason=request.reason,
        model_version=MODEL_VERSION,
    )
    return StoreScoreResult(outcome="STORED" if scores.put(result, clock.now()) else "TAKEN").payload()
