"""GET /meters: the caller's own meters; an operator may name another owner."""

from meterflow.adapters import meters
from meterflow.contracts.meter_submission import meter_view
from meterflow.http import Problem, Request, Response, respond, route
from meterflow.paging import after_of, limit_of, to_token


def handle(request: Request) -> Response:
    """One page by meter_id. The next token names no owner, so it opens nobody else's list."""
    owner = request.query.get("owner") or request.caller.user_id
    if owner != request.caller.user_id and not request.caller.is_operator:
        raise Problem(403, "Only operators see other people's meters")
    after = after_of(request, "meter_id")
    found, last = meters.list_by_owner(owner, limit_of(request), after["meter_id"] if after else None)
    body = {"items": [meter_view(meter) for meter in found]}
    return respond(200, body | ({"next": to_token({"meter_id": last})} if last else {}))


handler = route(handle)
