"""CloseJob: end the job whose work is reported; the technician is free and the meter has no open job."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock, completion
from meterflow.adapters import jobs
from meterflow.contracts.technician_dispatch import CloseJobInput, CloseJobResult
from meterflow.observability import step
from meterflow.work_order import JobStatus


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    request = CloseJobInput.model_validate(event)
    now = clock.now()
    _, stored = jobs.change(request.job_id, lambda job: completion.close(job, now))
    done = stored.job.status is JobStatus.DONE
    return CloseJobResult(
        outcome="DONE" if done else "CLOSED", job_id=request.job_id, status=stored.job.status
    ).payload()
