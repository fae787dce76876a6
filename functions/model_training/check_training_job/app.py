"""CheckTrainingJob: how a SageMaker job does; its files are then kept as TrainModel would have kept them."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow.adapters import trained_files, training_jobs
from meterflow.contracts.model_training import CheckTrainingJobInput, CheckTrainingJobResult
from meterflow.model_registry import sum_of
from meterflow.observability import step
from meterflow.training_data import sha256


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Look once. Taking the files over again finds them there."""
    request = CheckTrainingJobInput.model_validate(event)
    found = training_jobs.describe(request.job)
    if found.state != "DONE":
        outcome = "RUNNING" if found.state == "RUNNING" else "FAILED"
        return CheckTrainingJobResult(outcome=outcome, cause=found.cause or None).payload()
    models, document = training_jobs.output(found.output_key)
    version = trained_files.keep(request.kind, request.cut, models, document)
    trials = max(one["trials"] for one in document["facts"]["search"].values())
    return CheckTrainingJobResult(
        outcome="TRAINED",
        version=version,
        sha256=sum_of({name: sha256(content) for name, content in models.items()}),
        trials=trials,
        seconds=found.seconds,
    ).payload()
