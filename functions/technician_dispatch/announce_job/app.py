"""AnnounceJob: tell on the bus that the job was accepted, done or escalated, for the customer's message."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow.adapters import bus, jobs
from meterflow.contracts.technician_dispatch import AnnounceJobInput, AnnounceJobResult
from meterflow.observability import step


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    request = AnnounceJobInput.model_validate(event)
    job = jobs.existing(request.job_id).job
    if job.customer_id:
        detail = {
            "event_id": job.event_id(request.status.value),
            "job_id": job.job_id,
            "meter_id": job.meter_id,
            "customer_id": job.customer_id,
            "status": request.status.value,
        }
        if job.technician_id:
            detail["technician_id"] = job.technician_id
        bus.publish("JobChanged", detail)
    return AnnounceJobResult(
        outcome="TOLD" if job.customer_id else "NO_CUSTOMER", job_id=job.job_id, status=request.status
    ).payload()
