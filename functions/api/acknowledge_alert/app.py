"""POST /alerts/{alert_id}/acknowledge: somebody says what became of an alarm."""

from meterflow import alert_label, clock, ids, tolerance
from meterflow.adapters import alert_access, alerts, bus, labels, meter_memory
from meterflow.alert import Acknowledgement, Alert, Reason
from meterflow.contracts.alerts import AcknowledgeBody, AcknowledgedView
from meterflow.explanation import Audience
from meterflow.http import Problem, Request, Response, respond, route
from meterflow.tolerance import TEACHABLE, Tolerance

# What each may say. Only who lives there, or an operator who has asked them, knows what is normal there.
MAY_SAY: dict[Audience, frozenset[Reason]] = {
    "operator": frozenset({"fixed", "normal_for_me", "false_alarm", "known_work", "not_reachable"}),
    "technician": frozenset({"fixed", "false_alarm", "known_work", "not_reachable"}),
    "customer": frozenset({"fixed", "normal_for_me", "false_alarm", "known_work"}),
}


def handle(request: Request) -> Response:
    """Keep the answer once, then do what follows from it, then note that it is done.

    Where the process dies in between, the same call again finds its own answer and does what is left. Another answer
    is 409: the first one stands.
    """
    alert_id, body, caller = request.path.get("alert_id", ""), request.body(AcknowledgeBody), request.caller
    alert = alerts.get(alert_id) if 0 < len(alert_id) <= 128 else None
    if alert is None or not alert_access.may_see(caller, alert.meter_id):
        raise Problem(404, "No such alert")
    role = alert_access.audience_of(caller)
    if body.reason not in MAY_SAY[role]:
        message = f"a {role} may say one of {', '.join(sorted(MAY_SAY[role]))}"
        raise Problem(403, "This is not yours to say", message)
    mine = Acknowledgement(
        reason=body.reason, comment=body.comment, by=caller.user_id, role=role, at=clock.to_text(clock.now())
    )
    alert = alerts.acknowledge(alert_id, mine)
    answer = alert.acknowledgement if alert else None
    if alert is None or answer is None or not answer.same_answer(mine):
        raise Problem(409, "This alert was answered already", "The first answer stands.")
    learned = follow_up(alert, answer)
    shown = AcknowledgedView(
        alert_id=alert_id,
        status=alert.status,
        reason=answer.reason,
        acknowledged_at=answer.at,
        learned_until=learned.until if learned else None,
    )
    return respond(200, shown.model_dump(mode="json", exclude_none=True))


def follow_up(alert: Alert, answer: Acknowledgement) -> Tolerance | None:
    """The label, the meter's wider limits where somebody said "normal for me", the event. Each bears repeating."""
    learned = None
    if answer.reason == "normal_for_me" and alert.alert_type in TEACHABLE:
        # As of when it was said, so that saying it again later does not prolong it.
        learned = meter_memory.teach(alert.meter_id, alert.alert_id, clock.from_text(answer.at))
    if answer.settled_at is None:
        labels.put(alert_label.name(alert.alert_id), alert_label.label(alert, answer))
        bus.publish(
            "AlertAcknowledged",
            {
                "event_id": ids.derived_id("alert-acknowledged", alert.alert_id),
                "alert_id": alert.alert_id,
                "meter_id": alert.meter_id,
                "reason": answer.reason,
                "role": answer.role,
            },
        )
        alerts.settle_acknowledgement(alert.alert_id, clock.now())
    return learned if learned and tolerance.in_force(learned, clock.now()) > tolerance.NONE else None


handler = route(handle)
