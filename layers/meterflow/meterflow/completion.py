"""From accepted to done: what a completion comes to, when a job is escalated and when it closes. Pure."""

from collections.abc import Mapping
from datetime import datetime

from meterflow.errors import BrokenInvariant
from meterflow.work_order import (
    CLOSED,
    Change,
    Completion,
    Escalation,
    EscalationReason,
    JobStatus,
    Verdict,
    WorkOrder,
    moved,
)

# The name of the machine's wait for the completion.
COMPLETION_WAIT = "completion"

# What that wait is answered with: the report itself is in the job's row.
REPORTED: Mapping[str, str] = {"outcome": "COMPLETED"}


def complete(job: WorkOrder, technician_id: str, report: Completion, now: datetime) -> Change:
    """Take `report` as the completion of `job` by `technician_id`, once. The machine closes the job, not the person.

    REPEATED: the same report once more. ANSWERED: another report was given. NOT_YOURS: not this person's job.
    NOT_ACCEPTED: offered to this person, who has not said yes. CLOSED: cancelled, or handed to the operators for good.
    """
    if job.technician_id != technician_id:
        return Change(Verdict.NOT_YOURS, job)
    if job.completion:
        same = job.completion.model_copy(update={"completed_at": report.completed_at}) == report
        return Change(Verdict.REPEATED if same else Verdict.ANSWERED, job)
    if job.status is JobStatus.OFFERED:
        return Change(Verdict.NOT_ACCEPTED, job)
    if not job.assigned_to or job.escalated_for(EscalationReason.ABANDONED):
        return Change(Verdict.CLOSED, job)
    return Change(Verdict.APPLIED, job.model_copy(update={"completion": report, "updated_at": now}))


def await_completion(job: WorkOrder) -> Change:
    """Whether a machine has to wait for `job`. ANSWERED: the report is there. CLOSED: there is nothing to wait for."""
    if job.completion:
        return Change(Verdict.ANSWERED, job)
    if not job.assigned_to:
        return Change(Verdict.CLOSED, job)
    return Change(Verdict.APPLIED, job, COMPLETION_WAIT)


def escalate(job: WorkOrder, reason: EscalationReason, now: datetime) -> Change:
    """Hand `job` to the operators for `reason`.

    A job that nobody takes and a job that is late become ESCALATED; the late one keeps its technician. A fault changes
    no status: the job goes on from where it stands once the fault is mended.
    ANSWERED: the completion came in the same moment, so nothing is late. CLOSED: there is nothing to escalate.
    """
    if job.escalated_for(reason):
        return Change(Verdict.REPEATED, job)
    told = job.model_copy(
        update={"escalations": (*job.escalations, Escalation(reason=reason, at=now)), "updated_at": now}
    )
    if reason is EscalationReason.FAULT:
        return Change(Verdict.APPLIED, told)
    if job.completion:
        return Change(Verdict.ANSWERED, job)
    expected = JobStatus.OPEN if reason is EscalationReason.NOBODY else JobStatus.ACCEPTED
    if job.status is expected:
        return Change(Verdict.APPLIED, moved(told, JobStatus.ESCALATED, now))
    if job.assigned_to and reason is not EscalationReason.NOBODY:
        return Change(Verdict.APPLIED, told)
    return Change(Verdict.CLOSED, job)


def close(job: WorkOrder, now: datetime) -> Change:
    """End `job` as DONE. CLOSED: it was cancelled. Raises BrokenInvariant where nobody has reported the work done."""
    if job.status in CLOSED:
        return Change(Verdict.REPEATED if job.status is JobStatus.DONE else Verdict.CLOSED, job)
    if job.completion is None:
        raise BrokenInvariant("a job without a completion cannot be closed")
    return Change(Verdict.APPLIED, moved(job, JobStatus.DONE, now))
