"""GET /validations?status=: the submissions whose photo was compared; those that wait for a person by urgency. For the
utility's people."""

from datetime import datetime

from meterflow import clock
from meterflow.access import is_staff
from meterflow.adapters import photos, reviews, validation_results
from meterflow.contracts.image_validation import ValidationView
from meterflow.http import Caller, Problem, Request, Response, respond, route
from meterflow.paging import after_of, after_rank, limit_of, to_token
from meterflow.review_decision import Stage
from meterflow.review_policy import policy
from meterflow.review_priority import Priority, priority

STATUSES = (
    reviews.PENDING_REVIEW,
    reviews.DECIDED,
    reviews.EXPIRED,
    validation_results.MATCHED,
    validation_results.COMPARED,
)
# The reading's own name for waiting on a reviewer, for clients that know no other.
ALIASES = {"NEEDS_REVIEW": reviews.PENDING_REVIEW}
ORDERS = ("urgency", "age")


def handle(request: Request) -> Response:
    """One page of the queue; PENDING_REVIEW unless told. Customers have no business here: 403."""
    if not is_staff(request.caller):
        raise Problem(403, "Only the utility's people may see validations")
    asked = request.query.get("status", reviews.PENDING_REVIEW).upper()
    status = one_of("status", ALIASES.get(asked, asked), STATUSES)
    order = one_of("order", request.query.get("order", "urgency"), ORDERS)
    limit = limit_of(request)
    if status == reviews.PENDING_REVIEW and order == "urgency":
        found, last = reviews.queue(limit, after_rank(request))
    else:
        found, last = reviews.page(status, limit, after_of(request, "created_at", "result_id"))
    now = clock.now()
    body = {"items": [view(review, request.caller, now) for review in found]}
    return respond(200, body | ({"next": to_token(last)} if last else {}))


def one_of(field: str, value: str, known: tuple[str, ...]) -> str:
    """`value`. Raises Problem 400 where it is not among `known`."""
    if value not in known:
        message = f"one of {', '.join(known)}"
        raise Problem(400, f"The {field} is wrong", errors=[{"field": field, "message": message}])
    return value


def view(review: reviews.Review, caller: Caller, now: datetime) -> dict[str, object]:
    """The row without what is the machine's own, and without what the caller must not know yet."""
    link = photos.view_link(review.kept_key) if review.kept_key else None
    shown = {
        **review.model_dump(),
        "photo_url": link,
        "may_decide": may_decide(review, caller),
        "opinions": [one.model_dump() for one in review.opinions] if sees_opinions(review, caller) else [],
        "priority": urgency(review, now),
    }
    return ValidationView.model_validate(shown).payload()


def may_decide(review: reviews.Review, caller: Caller) -> bool:
    """Whether the caller's decision would be taken now."""
    allowed = caller.is_operator or review.stage != Stage.LEAD
    foreign = review.customer_id != caller.user_id
    return review.status == reviews.PENDING_REVIEW and allowed and foreign and not review.opinion_of(caller.user_id)


def sees_opinions(review: reviews.Review, caller: Caller) -> bool:
    """A second person decides blind; the lead weighs both, and operators may look back at what was decided."""
    over = review.status != reviews.PENDING_REVIEW or review.stage == Stage.LEAD
    return caller.is_operator and over


def urgency(review: reviews.Review, now: datetime) -> Priority | None:
    """The place in the queue, term by term; only what waits has one."""
    if review.status != reviews.PENDING_REVIEW or review.stake is None:
        return None
    opened_at = clock.from_text(review.opened_at or review.created_at)
    return priority(review.stake, opened_at, review.escalated, now, policy())


handler = route(handle)
