"""GET /readings/{submission_id}: where a submission stands."""

from meterflow.access import may_see_reading
from meterflow.adapters import meters, readings
from meterflow.contracts.meter_submission import ReadingView
from meterflow.http import Problem, Request, Response, respond, route


def handle(request: Request) -> Response:
    """200 for its submitter, its meter's owner and the utility's people; 404 for everybody else."""
    submission_id = request.path.get("submission_id", "")
    reading = readings.get(submission_id) if 0 < len(submission_id.encode()) <= 128 else None
    if not reading:
        raise Problem(404, "No such reading")
    # The submitter needs no look at the meter, and polls this route.
    meter = None if reading.submitted_by == request.caller.user_id else meters.get(reading.meter_id)
    if not may_see_reading(request.caller, reading, meter):
        raise Problem(404, "No such reading")
    return respond(200, ReadingView.model_validate(reading.model_dump()).payload())


handler = route(handle)
