"""GET /meters/{meter_id}: one meter, for its owner and the utility's people."""

from meterflow.access import may_see_meter
from meterflow.adapters import meters
from meterflow.contracts.meter_submission import meter_view
from meterflow.http import Problem, Request, Response, respond, route
from meterflow.meter import is_meter_id


def handle(request: Request) -> Response:
    """200 with the meter; 404 where it does not exist or is somebody else's."""
    meter_id = request.path.get("meter_id", "")
    meter = meters.get(meter_id) if is_meter_id(meter_id) else None
    if not meter or not may_see_meter(request.caller, meter):
        raise Problem(404, "No such meter")
    return respond(200, meter_view(meter))


handler = route(handle)
