"""What the API says of a job: to its technician, to operators, and to somebody whose wish is refused."""

from typing import Any

from meterflow import clock
from meterflow.http import Problem
from meterflow.work_order import JobStatus, Offer, Verdict, WorkOrder

_SHOWN = (
    "job_id", "meter_id", "status", "cause", "kind", "skill", "zone", "location", "risk_level", "reason",
    "created_at", "updated_at", "due_at", "submission_id",
)  # fmt: skip


def for_technician(job: WorkOrder) -> dict[str, Any]:
    """`job` as its own technician sees it: what, where, by when, until when to answer. Nothing of other people."""
    view = {name: value for name, value in job.model_dump(mode="json").items() if name in _SHOWN and value is not None}
    offer = job.last_offer
    if job.status is JobStatus.OFFERED and offer:
        view["offer_expires_at"] = clock.to_text(offer.expires_at)
    if job.completion:
        view["completion"] = job.completion.model_dump(mode="json", exclude_none=True)
    return view


def for_operator(job: WorkOrder) -> dict[str, Any]:
    """`job` as operators see it: all of it, with why each person was asked and why operators were."""
    view = for_technician(job)
    if job.technician_id:
        view["technician_id"] = job.technician_id
    view["offers"] = [offer.model_dump(mode="json", exclude_none=True) for offer in job.offers]
    view["escalations"] = [one.model_dump(mode="json") for one in job.escalations]
    return view


def answered(job: WorkOrder, offer: Offer) -> dict[str, Any]:
    """What the person who answered `offer` is told: the same however often the answer is sent."""
    assert offer.answer is not None
    assert offer.answered_at is not None
    return {"job_id": job.job_id, "status": offer.answer.value, "answered_at": clock.to_text(offer.answered_at)}


_WHY = {
    Verdict.LATE: "The offer has expired; your answer came too late.",
    Verdict.NOT_ACCEPTED: "Accept the job first.",
    Verdict.CLOSED: "The job is closed or was handed to the operators.",
}


def refusal(verdict: Verdict, answered: str) -> Problem:
    """Why a technician's wish is not granted: 404 where the job is not that person's, else 409 saying what stands.

    `answered` is the text for an answer that was given before and differs.
    """
    if verdict is Verdict.NOT_YOURS:
        return Problem(404, "No such job")
    return Problem(409, "The job is not as you saw it", answered if verdict is Verdict.ANSWERED else _WHY[verdict])
