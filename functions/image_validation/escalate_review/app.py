"""EscalateReview: nobody decided in time, or two people disagree, so the operators are told."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import ids
from meterflow.adapters import bus
from meterflow.contracts.image_validation import EscalateReviewInput, EscalateReviewResult
from meterflow.observability import step
from meterflow.review_decision import Stage


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """A retried step publishes again under the same event_id, by which the message goes out once a stage."""
    request = EscalateReviewInput.model_validate(event)
    stage = () if request.stage == Stage.FIRST else (request.stage.value,)
    event_id = ids.derived_id(request.submission_id, "escalated", *stage)
    bus.publish(
        "ReviewEscalated",
        {
            "event_id": event_id,
            "submission_id": request.submission_id,
            "meter_id": request.meter_id,
            "reason": "DISAGREED" if request.stage == Stage.LEAD else "OVERDUE",
        },
    )
    return EscalateReviewResult(event_id=event_id).payload()
