"""Offering a job to one person at a time, and what an answer comes to. Pure: the adapter writes what these return."""

from datetime import datetime, timedelta

from meterflow.assignment import Choice
from meterflow.work_order import Answer, Change, JobStatus, Offer, Verdict, WorkOrder, moved

# Kept with an offer: the near misses, enough to explain a choice. A utility with a thousand technicians keeps no more.
PASSED_OVER_KEPT = 10


def offer_wait(number: int) -> str:
    """The name of the machine's wait for the answer to offer `number`."""
    return f"offer-{number}"


def offer(job: WorkOrder, choice: Choice, holder: str, deadline: timedelta, now: datetime) -> Change:
    """Offer `job` to the person of `choice` until `now + deadline`, for the execution `holder`.

    REPEATED: the same offer stands (a retried step); it counts from now again, because its machine does.
    ANSWERED: this person has answered: nobody is asked twice. CLOSED: another execution's job, or no longer open.
    """
    technician_id = choice.technician_id
    if technician_id is None or job.holder != holder:
        return Change(Verdict.CLOSED, job)
    before = _offer_to(job, technician_id)
    if before and before.answer:
        return Change(Verdict.ANSWERED, job)
    if before and job.status is JobStatus.OFFERED:
        again = before.model_copy(update={"expires_at": now + deadline})
        return Change(Verdict.REPEATED, _with_last(job, again, now), offer_wait(again.number))
    if before or job.status is not JobStatus.OPEN:
        return Change(Verdict.CLOSED, job)
    new = Offer(
        number=len(job.offers) + 1,
        technician_id=technician_id,
        why=choice.why,
        passed_over=choice.passed_over[:PASSED_OVER_KEPT],
        offered_at=now,
        expires_at=now + deadline,
    )
    offered = moved(job, JobStatus.OFFERED, now, technician_id=technician_id, offers=(*job.offers, new))
    return Change(Verdict.APPLIED, offered, offer_wait(new.number))


def answer(job: WorkOrder, technician_id: str, said: Answer, now: datetime) -> Change:
    """Take `said` as the answer of `technician_id` to the offer of `job`, once.

    An offer is answered by its own person, while it stands and before it expires. SILENT is the machine's word and
    has no deadline. The first answer stays: REPEATED for the same once more, LATE after silence, else ANSWERED.
    """
    mine = _offer_to(job, technician_id)
    if mine is None:
        return Change(Verdict.NOT_YOURS, job)
    if mine.answer is said:
        return Change(Verdict.REPEATED, job)
    if mine.answer:
        return Change(Verdict.LATE if mine.answer is Answer.SILENT else Verdict.ANSWERED, job)
    if job.status is not JobStatus.OFFERED:
        return Change(Verdict.CLOSED, job)
    if said is not Answer.SILENT and now >= mine.expires_at:
        return Change(Verdict.LATE, job)
    answered = _with_last(job, mine.model_copy(update={"answer": said, "answered_at": now}), now)
    if said is Answer.ACCEPTED:
        return Change(Verdict.APPLIED, moved(answered, JobStatus.ACCEPTED, now))
    return Change(Verdict.APPLIED, moved(answered, JobStatus.OPEN, now, technician_id=None))


def answer_of(job: WorkOrder, technician_id: str) -> Offer | None:
    """The offer that `technician_id` has answered, if any."""
    mine = _offer_to(job, technician_id)
    return mine if mine and mine.answer else None


def _offer_to(job: WorkOrder, technician_id: str) -> Offer | None:
    return next((one for one in reversed(job.offers) if one.technician_id == technician_id), None)


def _with_last(job: WorkOrder, last: Offer, now: datetime) -> WorkOrder:
    return job.model_copy(update={"offers": (*job.offers[:-1], last), "updated_at": now})
