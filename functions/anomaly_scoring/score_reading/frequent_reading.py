"""The verdict on a meter that is read every day or oftener, by its online scorer."""

from typing import Any

from meterflow import alert_evidence
from meterflow.alert import alert_id_for
from meterflow.contracts.anomaly_scoring import Advance, PastReading, ScoreReadingInput
from meterflow.reading import parse_value
from meterflow.risk import LEVELS, alert_required, calculate_risk_level


def score_frequent(request: ScoreReadingInput) -> dict[str, Any]:
    """The fields of the result. Without `outcome` the scorer knows too little yet; what it has to take in is there.

    A person is told on the reading that starts an episode, not on each that follows in it.
    """
    # Loading the scorers takes a tenth of a second that a meter which is read by hand need not pay.
    from meterflow import interval_scoring

    history = request.history
    unit = history.unit if history.multiplier == 1 else "steps of the register"
    rows = [(past.taken_at, parse_value(past.value)) for past in reversed(history.readings)]
    newest = (request.taken_at, parse_value(request.value))
    judged = interval_scoring.judge(newest, rows, history.state, history.state_at, unit, history.tolerance)
    unseen = [past for past in reversed(history.readings) if past.taken_at > (history.state_at or "")]
    found: dict[str, Any] = {
        "degraded": (interval_scoring.STATE_LOST,) if judged.lost else (),
        "advance": Advance(
            rows=(*unseen, PastReading(value=request.value, taken_at=request.taken_at)),
            unit=unit,
            since=history.register_since,
        ),
    }
    verdict = judged.verdict
    if verdict is None:
        return found
    leak, burst = (round(verdict.probabilities.get(name, 0.0), 4) for name in ("leak", "burst"))
    level = max(verdict.risk_level, calculate_risk_level(leak, burst, history.zone), key=LEVELS.index)
    told = verdict.alert and alert_required(level)
    return found | {
        "outcome": "SCORED",
        "reason": verdict.reason,
        "risk_level": level,
        "score": round(verdict.score, 4),
        "leak_probability": leak,
        "burst_probability": burst,
        "alert_id": alert_id_for(request.submission_id, request.taken_at) if told else None,
        "model_version": interval_scoring.MODEL_VERSION,
        "evidence": alert_evidence.of_uses(
            request.meter_id,
            history.kind.value,
            verdict.kind,
            verdict.reason,
            unit,
            [*rows, newest],
            verdict.probabilities,
        )
        if told
        else None,
    }
