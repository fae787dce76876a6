"""POST /validations/{submission_id}/correction: a person says what the meter on the photo shows."""

from decimal import Decimal

from meterflow import clock
from meterflow.access import is_staff
from meterflow.adapters import meters, reviews, task_tokens
from meterflow.contracts.image_validation import CorrectionBody
from meterflow.http import Problem, Request, Response, respond, route
from meterflow.meter import Meter
from meterflow.reading import figures, parse_value


def handle(request: Request) -> Response:
    """Record the decision once, then wake the machine that waits for it.

    Where the process dies between the two, the same call again finds its own decision and wakes the machine. Where no
    call comes, the machine finds the decision at its deadline.
    """
    if not is_staff(request.caller):
        raise Problem(403, "Only the utility's people may correct a reading")
    submission_id = request.path.get("submission_id", "")
    body = request.body(CorrectionBody)
    review = reviews.get(submission_id) if 0 < len(submission_id) <= 128 else None
    if review is None:
        raise Problem(404, "No such validation")
    check_value(body.value, meters.get(review.meter_id))
    decision = reviews.Decision(
        value=body.value,
        reason=body.reason,
        decided_by=request.caller.user_id,
        decided_at=clock.to_text(clock.now()),
    )
    stands = reviews.decide(submission_id, decision)
    if stands is None or stands.decision is None or not stands.decision.says_the_same(decision):
        raise Problem(409, "This review is not open", "It was decided, has expired, or has not begun.")
    if not stands.task_token or not task_tokens.answer(stands.task_token, {"decision": "DECIDED"}):
        raise Problem(
            409,
            "This review no longer waits",
            "It was decided before, or is just being escalated or closed; then the recorded decision still counts.",
        )
    return respond(200, {"submission_id": submission_id, "status": stands.status, "value": stands.decision.value})


def check_value(value: str, meter: Meter | None) -> None:
    """Raises Problem 400 where the meter's register cannot show `value`, 404 where the meter is gone."""
    if meter is None:
        raise Problem(404, "No such meter")
    if parse_value(value) >= Decimal(10) ** meter.digits or figures(value)[1] > meter.decimals:
        shows = f"the register shows {meter.digits} digits and {meter.decimals} decimals"
        raise Problem(400, "The register cannot show this value", errors=[{"field": "value", "message": shows}])


handler = route(handle)
