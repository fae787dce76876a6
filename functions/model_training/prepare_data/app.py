"""PrepareData: write down exactly what will be learned from.

Live rows that people judged until the cut, split by sensor into learned and held out, and the recipe of the generated
rest. The object's SHA-256 names the data in the card of whatever comes out.
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import training_data
from meterflow.adapters import examples, model_store
from meterflow.contracts.model_training import PrepareDataInput, PrepareDataResult
from meterflow.observability import step
from meterflow.settings import optional_setting
from meterflow.training_data import Recipe

# The newest ones: older examples of a sensor that was mended since would teach what is no longer so.
MOST_EXAMPLES = 5000
# What one Lambda learns from within its five minutes.
MOST_FOR_LAMBDA = 60_000
FIRST_DAY = "0001-01-01T00:00:00Z"


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Gather, split and write. What is told after the cut is not in it, so a retry writes the same."""
    request = PrepareDataInput.model_validate(event)
    told = examples.told_since(request.kind, FIRST_DAY, request.cut, MOST_EXAMPLES)
    # A model that failed the gate is tried again with more rows than before, drawn anew.
    recipe = Recipe(rows=request.plan.rows * 2 ** (request.attempt - 1), seed=request.plan.seed + request.attempt - 1)
    dataset = training_data.dataset(request.kind, request.cut, told, recipe)
    content = dataset.to_bytes()
    digest = training_data.sha256(content)
    key = training_data.dataset_key(request.kind, request.cut, digest)
    model_store.put_once(key, content)
    large = recipe.rows + len(dataset.examples) > MOST_FOR_LAMBDA
    return PrepareDataResult(
        dataset_key=key,
        dataset_sha256=digest,
        generated=recipe.rows,
        examples=len(dataset.examples),
        held_out=len(dataset.held_out),
        source=dataset.source,
        trainer="SAGEMAKER" if large and optional_setting("TRAINING_IMAGE") else "LAMBDA",
    ).payload()
