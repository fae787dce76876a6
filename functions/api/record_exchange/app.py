"""POST /meters/{meter_id}/exchanges: an operator records that the meter was replaced, once."""

from decimal import Decimal

from meterflow import clock
from meterflow.adapters import meter_changes, meters
from meterflow.contracts.meter_changes import ExchangeBody, ExchangeView
from meterflow.exchanges import recorded, says_the_same, with_exchange
from meterflow.http import Problem, Request, Response, respond, route
from meterflow.meter import Exchange, Meter, is_meter_id
from meterflow.reading import figures, parse_value

# Two operators, or an operator and a technician's reading, may be at it at once.
ATTEMPTS = 3


def handle(request: Request) -> Response:
    """200 with the record, also where the same was recorded before; 409 where another is on record for the moment."""
    if not request.caller.is_operator:
        raise Problem(403, "Only operators record exchanges")
    meter_id, body = request.path.get("meter_id", ""), request.body(ExchangeBody)
    if clock.from_text(body.exchanged_at) > clock.now():
        raise wrong("exchanged_at", "lies in the future")
    for _ in range(ATTEMPTS):
        meter = meters.get(meter_id) if is_meter_id(meter_id) else None
        if meter is None:
            raise Problem(404, "No such meter")
        told = body.as_exchange(request.caller.user_id)
        there = recorded(meter, told)
        if there and says_the_same(there, told):
            return answer(meter, there)
        if there:
            raise Problem(409, "Another exchange is on record for this moment", "What is on record does not change.")
        check_values(body, meter)
        after = with_exchange(meter, told)
        if meter_changes.change_exchanges(meter, after):
            return answer(after, told)
    raise Problem(503, "Try again in a moment", "Others are changing this meter right now.")


def answer(meter: Meter, exchange: Exchange) -> Response:
    """What is on record, and what the meter is now."""
    shown = {**exchange.model_dump(), "serial_number": exchange.new_serial_number, "meter_id": meter.meter_id}
    return respond(200, ExchangeView.model_validate(shown).payload())


def check_values(body: ExchangeBody, meter: Meter) -> None:
    """Raises Problem 400 where a register cannot show the value: the old one its last, the new one its first."""
    digits = meter.digits if body.digits is None else body.digits
    decimals = meter.decimals if body.decimals is None else body.decimals
    old = (body.removal_value, meter.digits, meter.decimals)
    for field, (value, wheels, places) in {
        "removal_value": old,
        "start_value": (body.start_value, digits, decimals),
    }.items():
        if parse_value(value) >= Decimal(10) ** wheels or figures(value)[1] > places:
            raise wrong(field, f"the register shows {wheels} digits and {places} decimals")


def wrong(field: str, message: str) -> Problem:
    """Problem 400 about one field."""
    return Problem(400, "The body is not as expected", errors=[{"field": field, "message": message}])


handler = route(handle)
