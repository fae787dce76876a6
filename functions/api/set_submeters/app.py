"""PUT /meters/{meter_id}/submeters: an operator says which meters stand behind this one and count part of it."""

from collections.abc import Sequence

from meterflow.adapters import meter_changes, meters
from meterflow.contracts.meter_changes import SubmetersBody
from meterflow.http import Problem, Request, Response, respond, route
from meterflow.meter import Meter, is_meter_id

ATTEMPTS = 3
# One transaction looks at all of them, and takes a hundred parts.
MOST_BEHIND = 90


def handle(request: Request) -> Response:
    """200 with the list that holds now; it replaces the one before. 409 where the meters would stand in a circle."""
    if not request.caller.is_operator:
        raise Problem(403, "Only operators say which meters stand behind another")
    meter_id, body = request.path.get("meter_id", ""), request.body(SubmetersBody)
    for _ in range(ATTEMPTS):
        meter = meters.get(meter_id) if is_meter_id(meter_id) else None
        if meter is None:
            raise Problem(404, "No such meter")
        behind = all_behind(meter, body.submeters)
        if meter_changes.change_submeters(meter, body.submeters, behind):
            return respond(200, {"meter_id": meter_id, "submeters": list(body.submeters)})
    raise Problem(503, "Try again in a moment", "Others are changing these meters right now.")


def all_behind(meter: Meter, submeters: Sequence[str]) -> list[Meter]:
    """Every meter that would stand behind `meter`. Raises the Problem that speaks against it."""
    found: dict[str, Meter] = {}
    waiting = [child(meter, place, one) for place, one in enumerate(submeters)]
    while waiting:
        one = waiting.pop()
        if one.meter_id in found:
            continue
        found[one.meter_id] = one
        if meter.meter_id in one.submeters:
            raise Problem(409, "The meters would stand in a circle", "One of them has this meter behind it.")
        if len(found) > MOST_BEHIND:
            raise Problem(409, "Too many meters stand behind this one", f"At most {MOST_BEHIND}, all levels together.")
        waiting += [inner for name in one.submeters if name not in found and (inner := meters.get(name))]
    return list(found.values())


def child(meter: Meter, place: int, meter_id: str) -> Meter:
    """The sub-meter at `place` of the list. Raises Problem 400 where it cannot be one of this meter."""
    one = meters.get(meter_id) if meter_id != meter.meter_id else None
    if one is None:
        known = "is this very meter" if meter_id == meter.meter_id else "is no meter that we know"
        raise wrong(place, known)
    if (one.kind, one.unit) != (meter.kind, meter.unit):
        raise wrong(place, "measures something else or in another unit")
    return one


def wrong(place: int, message: str) -> Problem:
    """Problem 400 about one entry of the list."""
    field = f"submeters.{place}"
    return Problem(400, "The body is not as expected", errors=[{"field": field, "message": message}])


handler = route(handle)
