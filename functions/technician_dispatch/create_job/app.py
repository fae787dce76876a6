"""CreateJob: write the job once; whichever execution did so owns it."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock
from meterflow.adapters import jobs, meters
from meterflow.contracts.technician_dispatch import CreateJobInput, CreateJobResult
from meterflow.errors import BrokenInvariant
from meterflow.observability import step
from meterflow.work_order import new_job


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    request = CreateJobInput.model_validate(event)
    meter = meters.get(request.meter_id)
    if meter is None:
        # Only our own machines and people at our forms ask, and both know the meter: somebody deleted it.
        raise BrokenInvariant("a job was asked for a meter that does not exist")
    wanted = new_job(
        job_key=request.job_key,
        cause=request.cause,
        meter=meter,
        risk_level=request.risk_level,
        reason=request.reason,
        holder=request.holder,
        submission_id=request.submission_id,
        now=clock.now(),
    )
    job = jobs.create(wanted).job
    return CreateJobResult(
        # The same execution finds its own row when it is retried or redriven, and goes on.
        outcome="CREATED" if job.holder == request.holder else "ALREADY",
        job_id=job.job_id,
        status=job.status,
    ).payload()
