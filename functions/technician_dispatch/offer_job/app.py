"""OfferJob: offer the job to one technician, tell the person, and leave the machine waiting for the answer."""

from datetime import timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock, offers
from meterflow.adapters import bus, job_waits, jobs
from meterflow.assignment import Choice
from meterflow.contracts.technician_dispatch import OfferJobInput, OfferJobResult
from meterflow.observability import step
from meterflow.work_order import Change, Verdict, WorkOrder


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    request = OfferJobInput.model_validate(event)
    choice = Choice(technician_id=request.technician_id, why=request.why, passed_over=request.passed_over)
    deadline, now = timedelta(seconds=request.deadline_seconds), clock.now()

    def judge(job: WorkOrder) -> Change:
        return offers.offer(job, choice, request.holder, deadline, now)

    decision, stored = jobs.change(request.job_id, judge, request.task_token)
    if decision.verdict in (Verdict.APPLIED, Verdict.REPEATED):
        _tell(stored.job)
        return OfferJobResult(outcome="OFFERED").payload()
    # Nobody will answer this wait, so we do: with the answer that an earlier try of this step left in the row, or with
    # the news that the job is not ours to offer.
    answered = offers.answer_of(stored.job, request.technician_id) if decision.verdict is Verdict.ANSWERED else None
    said = answered.answer if answered else None
    job_waits.answer_token(request.task_token, {"answer": said.value if said else "CLOSED"})
    return OfferJobResult(outcome="ANSWERED" if said else "CLOSED").payload()


def _tell(job: WorkOrder) -> None:
    offer = job.last_offer
    if offer is None:
        return
    # After the row: a retried step publishes again with the same event_id, and the technician gets one message.
    bus.publish(
        "JobOffered",
        {
            "event_id": job.event_id("offered"),
            "job_id": job.job_id,
            "meter_id": job.meter_id,
            "technician_id": offer.technician_id,
            "risk_level": job.risk_level,
            "reason": job.reason,
            "expires_at": clock.to_text(offer.expires_at),
        },
    )
