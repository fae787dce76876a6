"""POST /meters: the caller registers a meter and becomes its owner."""

from meterflow import clock
from meterflow.adapters import meters
from meterflow.contracts.meter_submission import RegisterMeterBody, meter_view
from meterflow.http import Problem, Request, Response, respond, route
from meterflow.meter import DEFAULT_ZONE, Location, Meter, default_max_daily


def handle(request: Request) -> Response:
    """201 with the meter; 409 where its id is taken, whoever took it."""
    body = request.body(RegisterMeterBody)
    meter = Meter(
        meter_id=body.meter_id,
        kind=body.kind,
        unit=body.unit,
        digits=body.digits,
        decimals=body.decimals,
        max_daily=default_max_daily(body.kind, body.unit),
        serial_number=body.serial_number,
        location=Location(lat=body.location.lat, lon=body.location.lon, address=body.location.address),
        zone=body.zone or DEFAULT_ZONE,
        owner=request.caller.user_id,
        registered_at=clock.to_text(clock.now()),
    )
    if not meters.put_new(meter):
        raise Problem(409, "This meter is registered already")
    return respond(201, meter_view(meter))


handler = route(handle)
