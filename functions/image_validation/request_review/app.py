"""RequestReview: put a submission into the review queue, or go on there with a new token once it is escalated.

The machine waits for the token. Where there is nothing to wait for, this function answers the token itself: another
execution has the review already (a repeated event), or the decision came while no token was alive.
"""

from datetime import timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock
from meterflow.adapters import reviews, task_tokens, validation_results
from meterflow.contracts.image_validation import RequestReviewInput, RequestReviewResult
from meterflow.observability import step


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The row comes first: a token that nobody knows would wait for its deadline."""
    request = RequestReviewInput.model_validate(event)
    photo = validation_results.photo(request.photo_id) if request.photo_id else None
    now = clock.now()
    other = reviews.open_review(
        request.as_review(),
        holder=request.holder,
        task_token=request.task_token,
        escalated=request.escalated,
        deadline_at=now + timedelta(seconds=request.deadline_seconds),
        kept_key=photo.kept_key if photo else None,
        now=now,
    )
    if other is None:
        return RequestReviewResult(outcome="OPENED").payload()
    mine = other.review_holder == request.holder and other.status == reviews.DECIDED
    task_tokens.answer(request.task_token, {"decision": "DECIDED" if mine else "ALREADY_OPEN"})
    return RequestReviewResult(outcome="DECIDED" if mine else "ALREADY_OPEN").payload()
