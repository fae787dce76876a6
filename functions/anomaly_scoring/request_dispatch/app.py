"""RequestDispatch: ask technician_dispatch to send somebody; it goes on by itself, nobody waits here."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import ids, work_order
from meterflow.adapters import bus
from meterflow.contracts.anomaly_scoring import RequestDispatchInput, RequestDispatchResult
from meterflow.observability import step


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Publish the request. A repeated one carries the same job_key, by which the dispatch finds the first job."""
    request = RequestDispatchInput.model_validate(event)
    job_key = ids.derived_id("job", request.meter_id, request.alert_id)
    bus.publish(
        "DispatchRequested",
        {
            "job_key": job_key,
            "cause": "anomaly",
            "meter_id": request.meter_id,
            "risk_level": request.risk_level,
            "reason": request.reason,
            "submission_id": request.submission_id,
        },
    )
    return RequestDispatchResult(job_key=job_key, job_id=work_order.job_id(job_key)).payload()
