"""POST /jobs/{job_id}/complete: the technician who accepted the job reports it done, once."""

from meterflow import clock
from meterflow.adapters.job_answers import report_completion
from meterflow.contracts.technician_dispatch import CompletionBody
from meterflow.http import Problem, Request, Response, respond, route
from meterflow.photo import upload_prefix
from meterflow.work_order import Completion


def handle(request: Request) -> Response:
    """Answer 200 with when it was reported; 403 for who is no technician, 404 and 409 as report_completion says."""
    if not request.caller.is_technician:
        raise Problem(403, "Only technicians complete jobs")
    body, now = request.body(CompletionBody), clock.now()
    if body.photo_key and not body.photo_key.startswith(upload_prefix(request.caller.user_id)):
        wrong = {"field": "photo_key", "message": "is not a photo that you uploaded"}
        raise Problem(400, "The body is not as expected", errors=[wrong])
    report = Completion(value=body.value, photo_key=body.photo_key, note=body.note, completed_at=now)
    return respond(200, report_completion(request.path["job_id"], request.caller.user_id, report, now))


handler = route(handle)
