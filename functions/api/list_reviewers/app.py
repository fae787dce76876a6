"""GET /reviews/statistics?kind=: how the reviewers decide, and at whom somebody should look. For operators."""

from decimal import Decimal
from typing import Any

from meterflow.adapters import reviewer_counts
from meterflow.contracts.image_validation import EverybodyView, ReviewerView
from meterflow.http import Problem, Request, Response, respond, route
from meterflow.meter import MeterKind
from meterflow.paging import after_rank, limit_of, to_token
from meterflow.review_counts import ALL_KINDS, Counts, median_seconds
from meterflow.review_flags import OfOneCustomer, agreement, flags, share_of
from meterflow.review_policy import policy

KINDS = (ALL_KINDS, *(kind.value for kind in MeterKind))


def handle(request: Request) -> Response:
    """One page of reviewers, those with the most decisions first, and everybody together for comparison."""
    if not request.caller.is_operator:
        raise Problem(403, "Only operators may see how reviewers decide")
    kind = request.query.get("kind", ALL_KINDS)
    if kind not in KINDS:
        raise Problem(400, "The kind is wrong", errors=[{"field": "kind", "message": f"one of {', '.join(KINDS)}"}])
    everybody = reviewer_counts.everybody(kind)
    found, last = reviewer_counts.reviewers(kind, limit_of(request), after_rank(request))
    body = {
        "kind": kind,
        "everybody": of_everybody(everybody),
        "items": [of_reviewer(who, counts, everybody, kind) for who, counts in found],
    }
    return respond(200, body | ({"next": to_token(last)} if last else {}))


def shares(counts: Counts) -> dict[str, Any]:
    """The counts as shares with their intervals."""
    z = policy().flags.z
    return {
        "decisions": int(counts.get("decisions", 0)),
        "agreed_with_reader": share_of(counts, "reader_agreed", "reader_known", z),
        "agreed_with_person": agreement(counts, z),
        "corrections": share_of(counts, "corrections", "decisions", z),
        "downward": share_of(counts, "down", "corrections", z),
        "units_up": format(counts.get("units_up", Decimal(0)), "f"),
        "units_down": format(counts.get("units_down", Decimal(0)), "f"),
        "median_seconds": median_seconds(counts),
    }


def of_everybody(counts: Counts) -> dict[str, Any]:
    """All reviewers, and the customers' share of corrected photo values."""
    z = policy().flags.z
    corrected = {
        "corrected_in_review": share_of(counts, "reviewed_corrected", "reviewed_photos", z),
        "corrected_in_audit": share_of(counts, "audited_corrected", "audited_photos", z),
    }
    return EverybodyView.model_validate(shares(counts) | corrected).payload()


def of_reviewer(who: str, counts: Counts, everybody: Counts, kind: str) -> dict[str, Any]:
    """One reviewer. Customers are looked at over all kinds of meter together: a family has water and gas."""
    customers: list[OfOneCustomer] = list(reviewer_counts.customers(who)) if kind == ALL_KINDS else []
    found = flags(counts, everybody, customers, policy().flags)
    return ReviewerView.model_validate(shares(counts) | {"reviewer": who, "flags": found}).payload()


handler = route(handle)
