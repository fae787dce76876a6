"""GET /jobs: what a technician is asked or has accepted; every job for an operator, by status if asked."""

from typing import Any

from meterflow import job_view
from meterflow.adapters import job_lists
from meterflow.http import Problem, Request, Response, respond, route
from meterflow.paging import after_of, limit_of, to_token
from meterflow.work_order import JobStatus


def handle(request: Request) -> Response:
    """One page of `{items, next?}`; 403 for customers. The next token names no person, so it opens nobody's list."""
    caller, limit = request.caller, limit_of(request)
    if caller.is_operator:
        after = after_of(request, "status", "updated_at", "job_id")
        jobs, last = job_lists.by_status(_statuses(request), limit, after)
        items: list[dict[str, Any]] = [job_view.for_operator(job) for job in jobs]
    elif caller.is_technician:
        jobs, last = job_lists.to_do_of(caller.user_id, limit, after_of(request, "updated_at", "job_id"))
        items = [job_view.for_technician(job) for job in jobs]
    else:
        raise Problem(403, "Only technicians and operators see jobs")
    return respond(200, {"items": items} | ({"next": to_token(last)} if last else {}))


def _statuses(request: Request) -> tuple[JobStatus, ...]:
    asked = request.query.get("status")
    if not asked:
        return job_lists.OPERATOR_ORDER
    if asked not in JobStatus.__members__:
        known = ", ".join(status.value for status in JobStatus)
        raise Problem(400, "No such status", errors=[{"field": "status", "message": f"one of {known}"}])
    return (JobStatus(asked),)


handler = route(handle)
