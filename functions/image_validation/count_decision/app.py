"""CountDecision: add a decided review to the counts of its reviewers and of its kind of meter, once."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock
from meterflow.adapters import meters, reviewer_counts, reviews
from meterflow.contracts.image_validation import CountDecisionInput, CountDecisionResult
from meterflow.errors import BrokenInvariant
from meterflow.observability import step
from meterflow.review_counts import DecidedReview
from meterflow.review_decision import Opinion, sure_reading


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The counts grow in the transaction that marks the review, so a retried step adds nothing."""
    request = CountDecisionInput.model_validate(event)
    review = reviews.get(request.submission_id)
    if review is None or review.decision is None:
        raise BrokenInvariant("a review is counted that nobody decided")
    meter = meters.get(review.meter_id)
    if meter is None:
        raise BrokenInvariant("a review is counted whose meter is gone")
    decided = DecidedReview(
        submitted=review.value,
        final=review.decision.value,
        reader=sure_reading(review.verdict, review.reading, review.reasons),
        opened_at=review.opened_at or review.created_at,
        # A review that was decided before opinions were kept has its decision alone.
        opinions=review.opinions or (Opinion.model_validate(review.decision.model_dump()),),
        has_photo=review.photo_id is not None,
        audit=review.audit,
    )
    done = reviewer_counts.count(request.submission_id, decided, meter, clock.now())
    return CountDecisionResult(outcome="COUNTED" if done else "ALREADY").payload()
