"""GET /readings/{submission_id}/evidence: the sealed record of an accepted value."""

from meterflow.access import may_see_meter
from meterflow.adapters import evidence_records, meters, readings
from meterflow.http import Problem, Request, Response, respond, route


def handle(request: Request) -> Response:
    """200 with the newest record for the meter's owner and for operators; 404 for everybody else, and before it is
    there: it follows the settlement by a moment."""
    submission_id = request.path.get("submission_id", "")
    reading = readings.get(submission_id) if 0 < len(submission_id.encode()) <= 128 else None
    meter = meters.get(reading.meter_id) if reading else None
    if not meter or not may_see_meter(request.caller, meter):
        raise Problem(404, "No such reading")
    if request.caller.is_technician and not request.caller.is_operator and meter.owner != request.caller.user_id:
        raise Problem(403, "For the meter's owner and operators")
    found = evidence_records.newest(submission_id)
    if not found:
        raise Problem(404, "No evidence of this reading", "A value that was not accepted has none.")
    return respond(200, found[0])


handler = route(handle)
