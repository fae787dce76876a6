"""RaiseAlarm: write the alarm once and tell the people whom its severity concerns. A fire is told here, at once."""

from datetime import timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import alert_evidence, clock, ids
from meterflow.adapters import alerts, bus, meters, neighbours, scores
from meterflow.alert import Alert, Predictions, RecentReading, coordinates, new_alert
from meterflow.alert_evidence import Evidence
from meterflow.alert_types import alert_type_for, needs_ladder
from meterflow.contracts.anomaly_scoring import RaiseAlarmInput, RaiseAlarmResult
from meterflow.errors import BrokenInvariant
from meterflow.explanation import Findings, Named, sentence
from meterflow.meter import Location, Meter, MeterKind
from meterflow.observability import step

# An alarm that nobody has answered for so long is an old one; a new one does not escalate because of it.
ESCALATES_WITHIN = timedelta(days=7)


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Claim the alarm, publish it, settle it: whatever a dead call left undone, its retry does."""
    request = RaiseAlarmInput.model_validate(event)
    meter = meters.get(request.meter_id)
    if meter is None and request.sensor is None:
        raise BrokenInvariant("an alarm is about a meter that does not exist")
    alert = alerts.get(request.alert_id) or alerts.claim(compose(request, meter))
    if alert.submission_id != request.submission_id:
        raise BrokenInvariant("two submissions share an alarm's id")
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
            "alert_type": alert.alert_type,
        },
    )
    scores.mark_alerted(request.meter_id, request.taken_at, request.submission_id)
    return RaiseAlarmResult(
        outcome="ALREADY_RAISED" if told_before else "RAISED",
        alert_id=alert.alert_id,
        ladder=meter is not None and needs_ladder(alert.alert_type, alert.severity),
    ).payload()


def compose(request: RaiseAlarmInput, meter: Meter | None) -> Alert:
    """The alarm with what is known of the place: where it is, who stands nearby, how many alarms wait there."""
    now, evidence = clock.now(), request.evidence or _evidence(request)
    place = meter.location if meter else _place(request)
    readings = [RecentReading(value=past.value, taken_at=past.taken_at) for past in request.recent_readings]
    rows = [RecentReading(taken_at=row.taken_at, measurements=row.measurements) for row in request.rows[:5]]
    return new_alert(
        alert_id=request.alert_id,
        submission_id=request.submission_id,
        meter_id=request.meter_id,
        alert_type=evidence.alert_type,
        zone=request.zone,
        location=coordinates(meter.location) if meter else request.sensor.location if request.sensor else "",
        risk_level=request.risk_level,
        predictions=Predictions(leak_probability=request.leak_probability, burst_probability=request.burst_probability),
        trend=evidence.trend,
        explanation=sentence(evidence.findings, "operator"),
        recent_readings=(*readings, *rows),
        nearby=neighbours.of(place, request.meter_id) if place else (),
        unanswered=alerts.unanswered(request.meter_id, now - ESCALATES_WITHIN, request.alert_id),
        now=now,
        taken_at=request.taken_at,
        subject=request.kind,
        score=request.score,
        model_version=request.model_version,
        probabilities=evidence.probabilities or request.probabilities,
        findings=evidence.findings,
        chart=evidence.chart,
    )


def _place(request: RaiseAlarmInput) -> Location | None:
    sensor = request.sensor
    if sensor is None or sensor.lat is None or sensor.lon is None:
        return None
    return Location(lat=sensor.lat, lon=sensor.lon)


def _evidence(request: RaiseAlarmInput) -> Evidence:
    """From a sensor's rows; or, where an execution began before there was evidence, from the readings as they are."""
    if request.rows:
        rows = [(row.taken_at, row.measurements) for row in reversed(request.rows)]
        found = request.found or request.kind
        return alert_evidence.of_sensor(
            request.meter_id, request.kind, found, request.reason, rows, request.probabilities
        )
    about = alert_type_for(MeterKind(request.kind), request.zone, request.leak_probability, request.burst_probability)
    named = [Named(what="register", value=one.value, at=one.taken_at) for one in reversed(request.recent_readings)]
    found_here = Findings(subject=request.kind, alert_type=about, reason=request.reason, readings=tuple(named[-2:]))
    return Evidence(alert_type=about, findings=found_here, trend=request.reason)
