"""StoreVerdict: keep the comparison with the submission, for the review queue and for whoever asks later."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock
from meterflow.adapters import validation_results
from meterflow.contracts.image_validation import StoreVerdictInput, StoreVerdictResult
from meterflow.observability import step


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """A repeated comparison replaces the first until a person begins to look."""
    request = StoreVerdictInput.model_validate(event)
    stored = validation_results.store_verdict(
        request.submission_id, request.meter_id, request.value, request.taken_at, request.comparison, clock.now()
    )
    return StoreVerdictResult(outcome="STORED" if stored else "KEPT").payload()
