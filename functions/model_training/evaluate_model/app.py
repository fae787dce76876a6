"""EvaluateModel: the new version and the one in use, asked about the same rows by the very code that scores.

The rows are the frozen set, which no training ever sees, and the live rows of the sensors that are held out.
"""

import json
from typing import Any

import frozen_set
from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import model_evaluation
from meterflow.adapters import model_store, trained_files
from meterflow.contracts.model_training import EvaluateModelInput, EvaluateModelResult
from meterflow.model_registry import SHIPPED
from meterflow.observability import step
from meterflow.training_data import sha256


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Score both and keep the scores under the candidate's name. Repeating it gives the same figures."""
    request = EvaluateModelInput.model_validate(event)
    frozen = frozen_set.load(request.kind)
    dataset = trained_files.dataset(request.data.dataset_key, request.data.dataset_sha256)
    rows = [*frozen.rows, *model_evaluation.rows_of(dataset.held_out)]
    registry = model_store.load(request.kind)
    candidate = trained_files.models(request.kind, request.version)
    current = trained_files.models_in_use(request.kind, registry.current, tuple(candidate))
    exam = sha256(f"{frozen.sha256} {request.data.dataset_sha256}".encode())[:8]
    keys = []
    for who, models in (("", candidate), (f"-of-{registry.current}", current)):
        key = model_store.file_key(request.kind, request.version, f"scores-{exam}{who}.json")
        found = model_evaluation.evaluate(models, rows).model_dump(mode="json") if models else None
        model_store.put_once(key, json.dumps(found, sort_keys=True).encode())
        keys.append(key)
    return EvaluateModelResult(
        current=registry.current if current else f"{SHIPPED} (none)",
        scores_key=keys[0],
        current_scores_key=keys[1],
        frozen_sha256=frozen.sha256,
        frozen_rows=len(frozen.rows),
        live_rows=len(dataset.held_out),
    ).payload()
