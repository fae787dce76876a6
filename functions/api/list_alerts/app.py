"""GET /alerts?status=&severity=&meter=: the alarms that concern the caller, in the caller's words."""

from typing import cast, get_args

from meterflow.adapters import alert_access, alert_lists, charts, customers
from meterflow.alert import STATUSES, AlertStatus
from meterflow.contracts.alerts import alert_view
from meterflow.http import Problem, Request, Response, respond, route
from meterflow.meter import is_meter_id
from meterflow.paging import after_of, limit_of, to_token
from meterflow.preferences import locale_for
from meterflow.risk import RiskLevel


def handle(request: Request) -> Response:
    """One page of `{items, next?}`. The next token names no person and opens nobody's list."""
    status = cast(AlertStatus | None, one_of(request, "status", STATUSES))
    severity = cast(RiskLevel | None, one_of(request, "severity", get_args(RiskLevel)))
    limit, after = limit_of(request), after_of(request, "list", "raised_at", "alert_id")
    caller, meter_id = request.caller, request.query.get("meter")
    if meter_id is not None:
        if not is_meter_id(meter_id) or not alert_access.may_see(caller, meter_id):
            raise Problem(404, "No such meter")
        found, last = alert_lists.by_meter([meter_id], status, severity, limit, after)
    elif caller.is_operator:
        found, last = alert_lists.by_status((status,) if status else STATUSES, severity, limit, after)
    else:
        found, last = alert_lists.by_meter(alert_access.places(caller), status, severity, limit, after)
    audience = alert_access.audience_of(caller)
    locale = locale_for(customers.find(caller.user_id).preferences) if audience == "customer" and found else "en"
    items = [
        alert_view(one, audience, caller.user_id, charts.links(one.chart_key) if one.chart_key else None, locale)
        for one in found
    ]
    return respond(200, {"items": items} | ({"next": to_token(last)} if last else {}))


def one_of(request: Request, field: str, known: tuple[str, ...]) -> str | None:
    """The query's `field` in capitals, None where it is absent. Raises Problem 400 where it is not among `known`."""
    value = request.query.get(field)
    if not value:
        return None
    if value.upper() not in known:
        message = f"one of {', '.join(known)}"
        raise Problem(400, f"The {field} is wrong", errors=[{"field": field, "message": message}])
    return value.upper()


handler = route(handle)
