"""POST /validations/{submission_id}/correction: a person says what the meter on the photo shows."""

from decimal import Decimal

from meterflow import clock
from meterflow.access import is_staff
from meterflow.adapters import meters, reviews, task_tokens
from meterflow.contracts.image_validation import CorrectedView, CorrectionBody
from meterflow.http import Caller, Problem, Request, Response, respond, route
from meterflow.meter import Meter
from meterflow.reading import figures, parse_value
from meterflow.review_decision import Opinion, Outcome, Stage, decided, sure_reading, weigh
from meterflow.review_policy import policy

# Two people may decide at once; the later one's is weighed again as what it is by then. A review has three stages.
ATTEMPTS = 4


def handle(request: Request) -> Response:
    """Record the opinion once, then wake the machine that waits for it.

    Where the process dies between the two, the same call again finds its own opinion and wakes the machine. Where no
    call comes, the machine finds the opinion at its deadline.
    """
    if not is_staff(request.caller):
        raise Problem(403, "Only the utility's people may correct a reading")
    submission_id = request.path.get("submission_id", "")
    body = request.body(CorrectionBody)
    review = reviews.get(submission_id) if 0 < len(submission_id) <= 128 else None
    if review is None:
        raise Problem(404, "No such validation")
    meter = meters.get(review.meter_id)
    if meter is None:
        raise Problem(404, "No such meter")
    check_value(body.value, meter)
    review, opinion = give(review, body, request.caller, meter)
    if review.task_token and review.wakes(opinion):
        # A dead token is no loss: the machine looks for opinions whenever it asks anew or closes.
        task_tokens.answer(review.task_token, {"decision": opinion.outcome.value})
    status = reviews.DECIDED if opinion.outcome == Outcome.DECIDED else reviews.PENDING_REVIEW
    answer = {"submission_id": submission_id, "status": status, "value": opinion.value, "outcome": opinion.outcome}
    return respond(200, CorrectedView.model_validate(answer).payload())


def give(review: reviews.Review, body: CorrectionBody, caller: Caller, meter: Meter) -> tuple[reviews.Review, Opinion]:
    """Record what the caller says, or find that it is recorded. Returns the row as it is then, and the opinion."""
    for _ in range(ATTEMPTS):
        mine = review.opinion_of(caller.user_id)
        if mine and (mine.value, mine.reason) == (body.value, body.reason):
            return review, mine
        refuse(review, mine, caller, meter)
        opinion = opinion_on(review, body, caller, meter)
        final = decided(opinion.stage, opinion, review.opinions, meter.decimals)
        reviews.give_opinion(review.submission_id, opinion, final if opinion.outcome == Outcome.DECIDED else None)
        # Whether it was recorded or somebody was quicker, the row says.
        review = reviews.get(review.submission_id) or review
    raise Problem(503, "Try again in a moment", "Others are deciding this review right now.")


def refuse(review: reviews.Review, mine: Opinion | None, caller: Caller, meter: Meter) -> None:
    """Raises the Problem that keeps the caller from deciding."""
    if meter.owner == caller.user_id:
        raise Problem(403, "This is your own meter", "Somebody else must decide about its readings.")
    if review.status != reviews.PENDING_REVIEW:
        raise Problem(409, "This review is not open", "It was decided, has expired, or has not begun.")
    if mine:
        raise Problem(409, "You have decided already", "Another person must look at this reading.")
    if review.stage == Stage.LEAD and not caller.is_operator:
        raise Problem(403, "Two people disagree about this reading", "Only an operator may decide it.")


def opinion_on(review: reviews.Review, body: CorrectionBody, caller: Caller, meter: Meter) -> Opinion:
    """The caller's opinion with what it makes of the review as it stands."""
    reader = sure_reading(review.verdict, review.reading, review.reasons)
    return Opinion(
        value=body.value,
        reason=body.reason,
        decided_by=caller.user_id,
        decided_at=clock.to_text(clock.now()),
        stage=review.stage,
        outcome=weigh(review.stage, body.value, review.opinions, review.value, reader, meter, policy()),
    )


def check_value(value: str, meter: Meter) -> None:
    """Raises Problem 400 where the meter's register cannot show `value`."""
    if parse_value(value) >= Decimal(10) ** meter.digits or figures(value)[1] > meter.decimals:
        shows = f"the register shows {meter.digits} digits and {meter.decimals} decimals"
        raise Problem(400, "The register cannot show this value", errors=[{"field": "value", "message": shows}])


handler = route(handle)
