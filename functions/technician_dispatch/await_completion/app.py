"""AwaitCompletion: leave the machine waiting until the technician reports the work done."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import completion
from meterflow.adapters import job_waits, jobs
from meterflow.contracts.technician_dispatch import AwaitCompletionInput, AwaitCompletionResult
from meterflow.observability import step


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    request = AwaitCompletionInput.model_validate(event)
    decision, stored = jobs.change(request.job_id, completion.await_completion, request.task_token)
    if decision.waits:
        return AwaitCompletionResult(outcome="WAITING").payload()
    # The report came before this wait began (or there is nothing left to wait for), so the machine goes on at once.
    job_waits.answer_token(request.task_token, completion.REPORTED)
    return AwaitCompletionResult(outcome="COMPLETED" if stored.job.completion else "CLOSED").payload()
