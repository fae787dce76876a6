"""TrainModel: search, train and export within the budget. The only function that carries scikit-learn."""

import time
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow.adapters import trained_files
from meterflow.contracts.model_training import TrainModelInput, TrainModelResult
from meterflow.observability import step
from training.scoring import entry


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Train on the dataset of the right checksum and keep the files. The same seed and trials give the same version."""
    request = TrainModelInput.model_validate(event)
    started = time.monotonic()
    dataset = trained_files.dataset(request.data.dataset_key, request.data.dataset_sha256)
    plan = request.plan
    result = entry.train(request.kind, dataset, plan.seed, plan.trials, plan.budget_seconds)
    version = trained_files.keep(request.kind, request.cut, result.models, result.document())
    trials = max(found["trials"] for found in result.facts["search"].values())
    seconds = round(time.monotonic() - started, 1)
    return TrainModelResult(version=version, sha256=result.sha256, trials=trials, seconds=seconds).payload()
