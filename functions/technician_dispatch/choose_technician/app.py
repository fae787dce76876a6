"""ChooseTechnician: find the nearest qualified technician who has not been asked."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock
from meterflow.adapters import jobs, technicians
from meterflow.assignment import choose
from meterflow.contracts.technician_dispatch import ChooseTechnicianInput, ChooseTechnicianResult
from meterflow.observability import step
from meterflow.offers import PASSED_OVER_KEPT
from meterflow.work_order import JobStatus


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    request = ChooseTechnicianInput.model_validate(event)
    job = jobs.existing(request.job_id).job
    if job.technician_id:
        # A redriven execution: the job has its person already, and the offer's answer is in the row.
        return ChooseTechnicianResult(
            outcome="CHOSEN", job_id=job.job_id, status=job.status, technician_id=job.technician_id
        ).payload()
    if job.status is JobStatus.CANCELLED:
        return ChooseTechnicianResult(outcome="CLOSED", job_id=job.job_id, status=job.status).payload()
    choice = choose(technicians.everyone(), job.skill, job.location, job.asked, clock.now())
    return ChooseTechnicianResult(
        outcome="CHOSEN" if choice.technician_id and job.status is JobStatus.OPEN else "NOBODY",
        job_id=job.job_id,
        status=job.status,
        technician_id=choice.technician_id,
        why=choice.why,
        passed_over=choice.passed_over[:PASSED_OVER_KEPT],
    ).payload()
