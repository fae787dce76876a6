"""POST /readings: take a reading, answer at once, and let the state machine decide.

Repeating is safe and heals: the row is written once for a user and client_token, and the start is always attempted, so
a crash between the two is mended by the client's own retry.
"""

from meterflow import clock, ids
from meterflow.access import may_see_meter
from meterflow.adapters import executions, meters, readings
from meterflow.contracts.meter_submission import Submission, SubmitReadingBody
from meterflow.http import Caller, Problem, Request, Response, respond, route
from meterflow.meter import Meter, is_meter_id
from meterflow.photo import upload_prefix
from meterflow.reading import Source
from meterflow.settings import setting


def handle(request: Request) -> Response:
    """202 with the submission's id; 404 for a meter that is not there or not the caller's, 422 for a reused token."""
    body = request.body(SubmitReadingBody)
    user_id = request.caller.user_id
    if body.photo_key and not body.photo_key.startswith(upload_prefix(user_id)):
        wrong = {"field": "photo_key", "message": "is not a photo that you uploaded"}
        raise Problem(400, "The body is not as expected", errors=[wrong])
    meter = meters.get(body.meter_id) if is_meter_id(body.meter_id) else None
    if not meter or not may_see_meter(request.caller, meter):
        raise Problem(404, "No such meter")
    submission = Submission(
        submission_id=ids.submission_id(user_id, body.client_token),
        meter_id=body.meter_id,
        value=body.value,
        taken_at=body.taken_at,
        source=_source(request.caller, meter),
        submitted_by=user_id,
        photo_key=body.photo_key,
        unit=body.unit,
        serial_number=body.serial_number,
    )
    row = submission.as_reading(clock.now())
    if readings.put_new_submission(row) != row.fingerprint:
        raise Problem(422, "This client_token was used for another reading", "Choose a new token for a new reading.")
    machine = setting("METER_SUBMISSION_STATE_MACHINE_ARN")
    executions.start(machine, submission.submission_id, submission.payload())
    answer = {"submission_id": submission.submission_id, "status_url": f"/readings/{submission.submission_id}"}
    return respond(202, answer)


def _source(caller: Caller, meter: Meter) -> Source:
    """Whoever reads a meter of their own is its customer, also when they work for the utility."""
    return Source.CUSTOMER if meter.owner == caller.user_id else Source.TECHNICIAN


handler = route(handle)
