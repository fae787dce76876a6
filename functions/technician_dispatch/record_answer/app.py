"""RecordAnswer: settle what the wait for an answer brought. The job's row decides: a timely answer outlives silence."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock, offers
from meterflow.adapters import jobs
from meterflow.contracts.technician_dispatch import RecordAnswerInput, RecordAnswerResult
from meterflow.errors import BrokenInvariant
from meterflow.observability import step
from meterflow.work_order import Answer, Change, JobStatus, Verdict, WorkOrder


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    request = RecordAnswerInput.model_validate(event)
    now = clock.now()
    if request.answer == "CLOSED":
        job = jobs.existing(request.job_id).job
        return RecordAnswerResult(outcome="CLOSED", job_id=job.job_id, status=job.status).payload()

    def judge(job: WorkOrder) -> Change:
        return offers.answer(job, request.technician_id, Answer(request.answer), now)

    decision, stored = jobs.change(request.job_id, judge)
    if decision.verdict is Verdict.NOT_YOURS and stored.job.status is JobStatus.OPEN:
        # The wait ended although OfferJob never got to the row: going on would end the job in silence, asking the same
        # person again would never end. The machine tells the operators.
        raise BrokenInvariant("an answer to an offer that was never made")
    offer = offers.answer_of(stored.job, request.technician_id)
    said = offer.answer if offer else None
    return RecordAnswerResult(
        outcome=said.value if said else "CLOSED",
        job_id=request.job_id,
        # A redriven execution may find the job further on; what it has to announce here is the acceptance.
        status=JobStatus.ACCEPTED if said is Answer.ACCEPTED else stored.job.status,
    ).payload()
