"""RequestReview: put a submission into the review queue, or go on there with a new token: for the next person, or once
it is escalated.

The machine waits for the token. Where there is nothing to wait for, this function answers the token itself: another
execution has the review already (a repeated event), or somebody decided while no token was alive.
"""

from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock
from meterflow.adapters import meters, reviews, task_tokens, validation_results
from meterflow.contracts.image_validation import RequestReviewInput, RequestReviewResult
from meterflow.observability import step
from meterflow.reading import PhotoResult
from meterflow.review_policy import policy
from meterflow.review_priority import Stake, rank, stake


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The row comes first: a token that nobody knows would wait for its deadline."""
    request = RequestReviewInput.model_validate(event)
    photo = validation_results.photo(request.photo_id) if request.photo_id else None
    before = reviews.get(request.submission_id)
    now = clock.now()
    opened_at = clock.from_text(before.opened_at) if before and before.opened_at else now
    at_stake = before.stake if before and before.stake else at_stake_in(request, before)
    other = reviews.open_review(
        request.as_review(),
        holder=request.holder,
        task_token=request.task_token,
        escalated=request.escalated,
        deadline_at=now + timedelta(seconds=request.deadline_seconds),
        kept_key=photo.kept_key if photo else None,
        now=now,
        stage=request.stage,
        stake=at_stake,
        rank=place(at_stake, opened_at, request.escalated),
    )
    if other is None:
        return RequestReviewResult(outcome="OPENED").payload()
    said = other.said if other.review_holder == request.holder else None
    task_tokens.answer(request.task_token, {"decision": said or "ALREADY_OPEN"})
    return RequestReviewResult.model_validate({"outcome": said or "ALREADY_OPEN"}).payload()


def at_stake_in(request: RequestReviewInput, before: reviews.Review | None) -> Stake | None:
    """What a wrong value would cost; None where the meter is gone."""
    meter = meters.get(request.meter_id)
    if meter is None:
        return None
    odds = float(before.confidence) if before and before.confidence is not None else None
    photo = PhotoResult(verdict=request.verdict, reading=request.reading, confidence=odds, reasons=request.reasons)
    return stake(meter, request.value, request.taken_at, photo, policy())


def place(at_stake: Stake | None, opened_at: datetime, escalated: bool) -> Any:
    """The rank in the queue; without a stake its waiting alone counts."""
    nothing = Stake.model_validate({"odds": 0, "difference": 0, "price": 0})
    return rank(at_stake or nothing, opened_at, escalated, policy())
