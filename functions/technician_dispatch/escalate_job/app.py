"""EscalateJob: hand the job to the operators: nobody takes it, it is late, or dispatch broke."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock, completion
from meterflow.adapters import bus, jobs
from meterflow.contracts.technician_dispatch import EscalateJobInput, EscalateJobResult
from meterflow.observability import step
from meterflow.work_order import Change, Verdict, WorkOrder


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    request = EscalateJobInput.model_validate(event)
    reason, now = request.escalation, clock.now()

    def judge(job: WorkOrder) -> Change:
        return completion.escalate(job, reason, now)

    decision, stored = jobs.change(request.job_id, judge)
    job = stored.job
    told = decision.verdict in (Verdict.APPLIED, Verdict.REPEATED)
    if told:
        bus.publish(
            "JobEscalated",
            {
                "event_id": job.event_id(f"escalated {reason.value}"),
                "job_id": job.job_id,
                "meter_id": job.meter_id,
                "reason": reason.value,
            },
        )
    return EscalateJobResult(
        outcome="ESCALATED" if told else "COMPLETED" if decision.verdict is Verdict.ANSWERED else "CLOSED",
        job_id=job.job_id,
        status=job.status,
        escalation=reason,
    ).payload()
