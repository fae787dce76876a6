"""GET /validations?status=: the submissions whose photo was compared, the oldest first. For the utility's people."""

from meterflow.access import is_staff
from meterflow.adapters import photos, reviews, validation_results
from meterflow.contracts.image_validation import ValidationView
from meterflow.http import Problem, Request, Response, respond, route
from meterflow.paging import after_of, limit_of, to_token

STATUSES = (
    reviews.PENDING_REVIEW,
    reviews.DECIDED,
    reviews.EXPIRED,
    validation_results.MATCHED,
    validation_results.COMPARED,
)
# The reading's own name for waiting on a reviewer, for clients that know no other.
ALIASES = {"NEEDS_REVIEW": reviews.PENDING_REVIEW}


def handle(request: Request) -> Response:
    """One page of the queue; PENDING_REVIEW unless told. Customers have no business here: 403."""
    if not is_staff(request.caller):
        raise Problem(403, "Only the utility's people may see validations")
    asked = request.query.get("status", reviews.PENDING_REVIEW).upper()
    status = ALIASES.get(asked, asked)
    if status not in STATUSES:
        message = f"one of {', '.join(STATUSES)}"
        raise Problem(400, "The status is wrong", errors=[{"field": "status", "message": message}])
    found, last = reviews.page(status, limit_of(request), after_of(request, "created_at", "result_id"))
    body = {"items": [view(review) for review in found]}
    return respond(200, body | ({"next": to_token(last)} if last else {}))


def view(review: reviews.Review) -> dict[str, object]:
    """The row without what is the machine's own."""
    link = photos.view_link(review.kept_key) if review.kept_key else None
    return ValidationView.model_validate({**review.model_dump(), "photo_url": link}).payload()


handler = route(handle)
