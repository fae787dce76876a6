"""ScoreReading: how unusual the meter's newest reading is, and how urgent that is in its zone."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from frequent_reading import score_frequent

from meterflow import alert_evidence
from meterflow.alert import alert_id_for
from meterflow.alert_types import alert_type_for
from meterflow.clock import from_text
from meterflow.consumption import RegisterReading
from meterflow.contracts.anomaly_scoring import PastReading, ScoreReadingInput, ScoreReadingResult
from meterflow.observability import step
from meterflow.rate_anomaly import NoVerdict, RateScore, judge, register_of
from meterflow.reading import parse_value
from meterflow.risk import alert_required, calculate_risk_level

# How many readings an alarm shows, the new one first.
RECENT_READINGS = 5


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Judge the reading by what is in the payload; touches nothing outside.

    A meter that is read every day or oftener has an online scorer; where that knows too little yet, and for every other
    meter, the rate since the reading before is judged.
    """
    request = ScoreReadingInput.model_validate(event)
    newest = PastReading(value=request.value, taken_at=request.taken_at)
    recent = (newest, *request.history.readings[: RECENT_READINGS - 1])
    found = score_frequent(request) if request.history.frequent else {}
    if "outcome" not in found:
        found = score_rate(request) | found
    return ScoreReadingResult.model_validate(found | {"recent_readings": recent}).payload()


def score_rate(request: ScoreReadingInput) -> dict[str, Any]:
    """The verdict by the meter's own rate."""
    history = request.history
    verdict = judge(
        _on_register(request.value, request.taken_at),
        [_on_register(past.value, past.taken_at) for past in history.readings],
        register_of(history.unit, history.capacity, history.multiplier, history.max_daily),
        history.tolerance,
    )
    if isinstance(verdict, NoVerdict):
        return {"outcome": "NO_VERDICT", "reason": verdict.reason}
    level = calculate_risk_level(verdict.leak_probability, verdict.burst_probability, history.zone)
    alarming = alert_required(level)
    return {
        "outcome": "SCORED",
        "reason": verdict.reason,
        "risk_level": level,
        "score": verdict.score,
        "leak_probability": verdict.leak_probability,
        "burst_probability": verdict.burst_probability,
        "alert_id": alert_id_for(request.submission_id, request.taken_at) if alarming else None,
        "evidence": _evidence(request, verdict) if alarming else None,
    }


def _evidence(request: ScoreReadingInput, verdict: RateScore) -> alert_evidence.Evidence:
    history, leak, burst = request.history, verdict.leak_probability, verdict.burst_probability
    return alert_evidence.of_rate(
        request.meter_id,
        history.kind.value,
        alert_type_for(history.kind, history.zone, leak, burst),
        verdict.reason,
        history.unit,
        verdict.basis,
        {"leak": leak, "burst": burst},
    )


def _on_register(value: str, taken_at: str) -> RegisterReading:
    return RegisterReading(value=parse_value(value), taken_at=from_text(taken_at))
