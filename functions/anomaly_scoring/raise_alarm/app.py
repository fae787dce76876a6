"""RaiseAlarm: write the alarm once and tell the people whom its severity concerns."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock, ids
from meterflow.adapters import alerts, bus, meters, scores
from meterflow.alert import Predictions, RecentReading, new_alert
from meterflow.contracts.anomaly_scoring import RaiseAlarmInput, RaiseAlarmResult
from meterflow.errors import BrokenInvariant
from meterflow.observability import step


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Claim the alarm, publish it, settle it: whatever a dead call left undone, its retry does."""
    request = RaiseAlarmInput.model_validate(event)
    meter = meters.get(request.meter_id)
    if meter is None:
        raise BrokenInvariant("an alarm is about a meter that does not exist")
    alert = alerts.claim(
        new_alert(
            alert_id=request.alert_id,
            submission_id=request.submission_id,
            meter_id=request.meter_id,
            kind=request.kind,
            zone=request.zone,
            location=meter.location,
            risk_level=request.risk_level,
            predictions=Predictions(
                leak_probability=request.leak_probability, burst_probability=request.burst_probability
            ),
            reason=request.reason,
            recent_readings=tuple(
                RecentReading(value=past.value, taken_at=past.taken_at) for past in request.recent_readings
            ),
            now=clock.now(),
        )
    )
    told_before = alert.published_at is not None
    if not told_before:
        alerts.publish(alert)
        alerts.settle(alert.alert_id, clock.now())
    # Both bear repeating: the event by its id, the mark by nature. So a call that died here is made whole.
    bus.publish(
        "AlarmRaised",
        {
            "event_id": ids.derived_id("alarm-raised", alert.alert_id),
            "alert_id": alert.alert_id,
            "meter_id": alert.meter_id,
            "severity": alert.severity,
        },
    )
    scores.mark_alerted(request.meter_id, request.taken_at, request.submission_id)
    return RaiseAlarmResult(outcome="ALREADY_RAISED" if told_before else "RAISED", alert_id=alert.alert_id).payload()
