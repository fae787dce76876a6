"""What technicians say through the API: recorded once in the job's row, then passed on to the machine that waits.

The row comes first and decides. Where the process dies between the two, the same call again finds its own answer
(REPEATED) and wakes the machine; where no call comes, the wait's deadline does, and the machine reads the row.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from meterflow import clock, completion, job_view, offers
from meterflow.adapters import job_waits, jobs
from meterflow.http import Problem
from meterflow.work_order import Answer, Change, Completion, Verdict, WorkOrder

GRANTED = (Verdict.APPLIED, Verdict.REPEATED)
_BEFORE = {
    Answer.ACCEPTED: "You have already declined this job.",
    Answer.DECLINED: "You have already accepted this job.",
}


def answer_offer(job_id: str, technician_id: str, said: Answer, now: datetime) -> dict[str, Any]:
    """Take `said` for the offer to `technician_id`; what the person is told, the same each time it is said again.

    Raises Problem 404 where nobody offered this person the job, 409 where the offer is over or answered otherwise.
    """

    def judge(job: WorkOrder) -> Change:
        return offers.answer(job, technician_id, said, now)

    decision, stored = _change(job_id, judge)
    if decision.verdict not in GRANTED:
        raise job_view.refusal(decision.verdict, _BEFORE[said])
    offer = offers.answer_of(stored.job, technician_id)
    if offer is None:
        raise jobs.NoSuchJob("a granted answer left no offer")
    job_waits.wake(stored, offers.offer_wait(offer.number), {"answer": said.value})
    return job_view.answered(stored.job, offer)


def report_completion(job_id: str, technician_id: str, report: Completion, now: datetime) -> dict[str, Any]:
    """Take `report` as the end of the work; what the person is told, the same each time it is reported again.

    Raises Problem 404 where the job is not this person's, 409 where it is not accepted, closed or reported otherwise.
    """

    def judge(job: WorkOrder) -> Change:
        return completion.complete(job, technician_id, report, now)

    decision, stored = _change(job_id, judge)
    if decision.verdict not in GRANTED:
        raise job_view.refusal(decision.verdict, "The work was reported before, with another content.")
    job_waits.wake(stored, completion.COMPLETION_WAIT, completion.REPORTED)
    done = stored.job.completion or report
    return {"job_id": job_id, "completed_at": clock.to_text(done.completed_at)}


def _change(job_id: str, judge: Callable[[WorkOrder], Change]) -> tuple[Change, jobs.Stored]:
    try:
        return jobs.change(job_id, judge)
    except jobs.NoSuchJob:
        raise Problem(404, "No such job") from None
