"""StorePhotoResult: settle the claim. From now on every execution takes this result."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock
from meterflow.adapters import validation_results
from meterflow.contracts.image_validation import StorePhotoResultInput, StorePhotoResultResult
from meterflow.observability import step


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Whoever lost the claim to another execution stores nothing and goes on with the other's result."""
    request = StorePhotoResultInput.model_validate(event)
    stored = validation_results.store_photo_result(
        request.photo_id, request.holder, request.photo_state, request.kept_key, request.reasons, clock.now()
    )
    return StorePhotoResultResult(outcome="STORED" if stored else "TAKEN_OVER").payload()
