"""POST /jobs/{job_id}/accept: the technician to whom the job is offered accepts it, once."""

from meterflow import clock
from meterflow.adapters.job_answers import answer_offer
from meterflow.http import Problem, Request, Response, respond, route
from meterflow.work_order import Answer


def handle(request: Request) -> Response:
    """Answer 200 with the answer that stands; 403 for who is no technician, 404 and 409 as answer_offer says."""
    if not request.caller.is_technician:
        raise Problem(403, "Only technicians answer offers")
    return respond(200, answer_offer(request.path["job_id"], request.caller.user_id, Answer.ACCEPTED, clock.now()))


handler = route(handle)
