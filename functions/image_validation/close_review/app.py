"""CloseReview: nobody decided even after the escalation, so the reading is refused and its review closed."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock
from meterflow.adapters import readings, reviews
from meterflow.contracts.image_validation import CloseReviewInput, CloseReviewResult
from meterflow.errors import BrokenInvariant
from meterflow.observability import step
from meterflow.reading import Quality, Status

REVIEW_EXPIRED = "review_expired"


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """A decision that was recorded in the last moment, its token dead, still counts."""
    request = CloseReviewInput.model_validate(event)
    now = clock.now()
    other = reviews.expire(request.submission_id, request.holder, now)
    if other and other.status == reviews.DECIDED and other.review_holder == request.holder:
        return CloseReviewResult(outcome="DECIDED").payload()
    if other:
        raise BrokenInvariant("a review is closed by an execution that does not hold it")
    readings.settle(
        request.submission_id,
        meter_id=request.meter_id,
        status=Status.REJECTED,
        quality=Quality.RAW,
        reasons=[*request.reasons, REVIEW_EXPIRED],
        value=request.value,
        taken_at=request.taken_at,
        now=now,
        expected=(Status.NEEDS_REVIEW,),
    )
    return CloseReviewResult(outcome="EXPIRED").payload()
