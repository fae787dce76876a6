"""ScoreReading: how unusual the meter's newest rate is, and how urgent that is in its zone."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow.alert import alert_id_for
from meterflow.clock import from_text
from meterflow.consumption import RegisterReading
from meterflow.contracts.anomaly_scoring import PastReading, ScoreReadingInput, ScoreReadingResult
from meterflow.observability import step
from meterflow.rate_anomaly import NoVerdict, judge, register_of
from meterflow.reading import parse_value
from meterflow.risk import alert_required, calculate_risk_level

# How many readings an alarm shows, the new one first.
RECENT_READINGS = 5


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Judge the reading by the history in the payload; touches nothing outside."""
    request = ScoreReadingInput.model_validate(event)
    history = request.history
    verdict = judge(
        _on_register(request.value, request.taken_at),
        [_on_register(past.value, past.taken_at) for past in history.readings],
        register_of(history.unit, history.capacity, history.multiplier, history.max_daily),
    )
    if isinstance(verdict, NoVerdict):
        return ScoreReadingResult(outcome="NO_VERDICT", reason=verdict.reason).payload()
    level = calculate_risk_level(verdict.leak_probability, verdict.burst_probability, history.zone)
    newest = PastReading(value=request.value, taken_at=request.taken_at)
    return ScoreReadingResult(
        outcome="SCORED",
        reason=verdict.reason,
        risk_level=level,
        score=verdict.score,
        leak_probability=verdict.leak_probability,
        burst_probability=verdict.burst_probability,
        alert_id=alert_id_for(request.submission_id, request.taken_at) if alert_required(level) else None,
        recent_readings=(newest, *history.readings[: RECENT_READINGS - 1]),
    ).payload()


def _on_register(value: str, taken_at: str) -> RegisterReading:
    return RegisterReading(value=parse_value(value), taken_at=from_text(taken_at))
