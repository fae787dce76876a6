"""StoreScore: keep the score for 30 days."""

from typing import Any, Literal

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock
from meterflow.adapters import meter_memory, meters, scores
from meterflow.alert import coordinates
from meterflow.consumption import SCORER
from meterflow.contracts.anomaly_scoring import Advance, StoreScoreInput, StoreScoreResult
from meterflow.errors import BrokenInvariant
from meterflow.observability import step
from meterflow.reading import parse_value
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
        model_version=request.model_version,
    )
    outcome: Literal["STORED", "TAKEN"] = "STORED" if scores.put(result, clock.now()) else "TAKEN"
    if request.advance:
        remember(request.meter_id, request.advance)
    return StoreScoreResult(outcome=outcome).payload()


def remember(meter_id: str, advance: Advance) -> None:
    """Let the meter's online scorer take in what it has not seen. A late reading changes nothing: it is behind it."""
    from meterflow import interval_scoring

    rows = [(one.taken_at, parse_value(one.value)) for one in advance.rows]
    meter_memory.change_state(
        meter_id,
        SCORER,
        rows[-1][0],
        lambda state, state_at: interval_scoring.advanced(state, state_at, rows, advance.since, advance.unit),
        clock.now(),
    )
