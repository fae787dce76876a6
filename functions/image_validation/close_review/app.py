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
    """An opinion that was recorded in the last moment, its token dead, still counts. An audit that nobody looked at
    leaves the reading as it is: it was accepted on its own evidence. So does a review that was withdrawn, because the
    meter's next reading settled it."""
    request = CloseReviewInput.model_validate(event)
    now = clock.now()
    other = reviews.expire(request.submission_id, request.holder, now, request.stage)
    if other and other.review_holder == request.holder and other.said:
        return CloseReviewResult.model_validate({"outcome": other.said}).payload()
    if other and not (other.review_holder == request.holder and other.withdrawn):
        raise BrokenInvariant("a review is closed by an execution that does not hold it")
    if request.audit or other:
        return CloseReviewResult(outcome="KEPT").payload()
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
