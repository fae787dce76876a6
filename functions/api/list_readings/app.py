"""GET /meters/{meter_id}/readings: every submission of a meter with its status, newest first."""

from meterflow.access import may_see_meter
from meterflow.adapters import meters, readings
from meterflow.contracts.meter_submission import ReadingItem
from meterflow.http import Problem, Request, Response, respond, route
from meterflow.meter import is_meter_id
from meterflow.paging import after_of, limit_of, to_token


def handle(request: Request) -> Response:
    """One page; 404 where the meter does not exist or is somebody else's."""
    meter_id = request.path.get("meter_id", "")
    meter = meters.get(meter_id) if is_meter_id(meter_id) else None
    if not meter or not may_see_meter(request.caller, meter):
        raise Problem(404, "No such meter")
    found, last = readings.page(meter_id, limit_of(request), after_of(request, "taken_at", "submission_id"))
    body = {"items": [ReadingItem.model_validate(reading.model_dump()).payload() for reading in found]}
    return respond(200, body | ({"next": to_token(last)} if last else {}))


handler = route(handle)
