"""StartTrainingJob: the same training as a SageMaker job, for data that outgrow a Lambda. Off without an image."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import ids
from meterflow.adapters import training_jobs
from meterflow.contracts.model_training import StartTrainingJobInput, StartTrainingJobResult
from meterflow.observability import step


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Start the job under a name of the business key, so that a retry finds it."""
    request = StartTrainingJobInput.model_validate(event)
    plan = request.plan
    job = training_jobs.job_name(request.kind, ids.execution_name(f"{request.holder}#{request.attempt}"))
    settings = {
        "dataset_sha256": request.data.dataset_sha256,
        "seed": str(plan.seed),
        "trials": str(plan.trials),
        "seconds": str(plan.budget_seconds * training_jobs.BUDGET_FACTOR),
    }
    training_jobs.start(job, request.data.dataset_key, settings)
    return StartTrainingJobResult(job=job).payload()
