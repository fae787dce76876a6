"""CountDecision: a decided review is counted once, for each of its people, for the customer and for the kind."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ReadTimeoutError

from meterflow import clock
from meterflow.adapters import reviewer_counts, reviews
from meterflow.contracts.image_validation import ReviewRequest
from meterflow.errors import BrokenInvariant, TransientError
from meterflow.meter import Meter
from meterflow.review_decision import Decision, Opinion

CUSTOMER = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def count(
    load_handler: Callable[[str, str], Any],
    lambda_context: Any,
    meter: Meter,  # noqa: ARG001
    review_request: dict[str, Any],
) -> Callable[[], str]:
    app = load_handler("image_validation", "count_decision")
    now = clock.now()
    contested = {**review_request, "verdict": "MISMATCH", "reading": "06370.000", "photo_id": "photo#k@v"}
    reviews.open_review(
        ReviewRequest.model_validate(contested),
        holder="h",
        task_token="t",
        escalated=False,
        deadline_at=now + timedelta(days=1),
        kept_key=None,
        now=now,
    )
    return lambda: str(app.handler({"submission_id": "s-1"}, lambda_context)["outcome"])


def decide() -> None:
    """Ann says 6000 and Bob 6500, and Dan, an operator, sides with Ann: the customer pays 376.341 less."""
    for who, value, stage, outcome in (
        ("ann", "06000.000", "FIRST", "SECOND_OPINION"),
        ("bob", "06500.000", "SECOND", "DISAGREED"),
        ("dan", "06000.000", "LEAD", "DECIDED"),
    ):
        words = {"value": value, "reason": "r", "decided_by": who, "decided_at": clock.to_text(clock.now())}
        opinion = Opinion.model_validate({**words, "stage": stage, "outcome": outcome})
        assert reviews.give_opinion("s-1", opinion, Decision.model_validate(words) if who == "dan" else None)


def counts(kind: str = "gas") -> dict[str, dict[str, Decimal]]:
    found, after = reviewer_counts.reviewers(kind, 10)
    assert after is None
    return dict(found)


def test_everybody_gets_what_is_theirs(count: Callable[[], str]) -> None:
    decide()
    assert count() == "COUNTED"
    for kind in ("gas", "all"):
        found = counts(kind)
        assert set(found) == {"ann", "bob", "dan"}
        ann, bob, dan = found["ann"], found["bob"], found["dan"]
        assert {one["decisions"] for one in (ann, bob, dan)} == {1}
        assert (ann["down"], ann["units_down"], bob["up"]) == (1, Decimal("376.341"), 1)
        assert (ann["second_known"], ann.get("second_agreed"), ann["lead_known"], ann["lead_agreed"]) == (1, None, 1, 1)
        assert (bob["lead_known"], bob.get("lead_agreed"), bob["reader_known"], bob.get("reader_agreed")) == (
            1,
            None,
            1,
            None,
        )
        assert "second_known" not in dan
        together = reviewer_counts.everybody(kind)
        assert (together["decisions"], together["corrections"], together["down"]) == (3, 3, 2)
        assert (together["reviewed_photos"], together["reviewed_corrected"]) == (1, 1)
    assert counts("water") == {}
    favoured = {(one.what, one.who == CUSTOMER, one.down) for one in reviewer_counts.customers("ann")}
    assert favoured == {("customer", True, 1), ("place", False, 1)}
    assert list(reviewer_counts.customers("bob")) == []


def test_a_repeated_step_counts_nothing(count: Callable[[], str]) -> None:
    decide()
    count()
    before = counts()
    assert count() == "ALREADY"
    assert counts() == before


@pytest.mark.parametrize("when", ["before", "after"])
def test_dying_around_the_transaction_counts_once(
    count: Callable[[], str], when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide()
    real = BaseClient._make_api_call

    def dies(self: Any, operation: str, parameters: Any) -> Any:
        if operation != "TransactWriteItems":
            return real(self, operation, parameters)
        if when == "after":
            real(self, operation, parameters)
        raise ReadTimeoutError(endpoint_url="x")

    with monkeypatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", dies)
        with pytest.raises(TransientError):
            count()
    assert count() == ("COUNTED" if when == "before" else "ALREADY")
    assert counts()["ann"]["decisions"] == 1


def test_nothing_is_counted_before_it_is_decided(count: Callable[[], str]) -> None:
    with pytest.raises(BrokenInvariant):
        count()
