"""GET /validations."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from meterflow import clock
from meterflow.adapters import reviews, validation_results
from meterflow.contracts.image_validation import Comparison, ReviewRequest
from meterflow.paging import to_token
from meterflow.review_decision import Decision, Opinion
from meterflow.review_priority import Stake

TAKEN_AT = "2026-11-20T08:00:00Z"


def pending(number: int, kept_key: str | None = "photos/a.jpg", rank: str = "0", **more: Any) -> None:
    now = clock.now() + timedelta(seconds=number)
    reviews.open_review(
        ReviewRequest(
            submission_id=f"s-{number}",
            meter_id="GAS-0001",
            customer_id="canary-customer",
            value="1.5",
            taken_at=TAKEN_AT,
            reading="1.7",
        ),
        holder="canary-holder",
        task_token="canary-token",
        escalated=False,
        deadline_at=now + timedelta(days=1),
        kept_key=kept_key,
        now=now,
        rank=Decimal(rank),
        **more,
    )


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(("order", "ranks"), [("urgency", "321"), ("age", "123")])
def test_the_queue_page_by_page(call: Any, order: str, ranks: str) -> None:
    for number in (2, 0, 1):
        pending(number, rank=ranks[number])
    status, first = call("list_validations", query={"limit": "2", "order": order}, groups="operator")
    assert status == 200
    assert [item["submission_id"] for item in first["items"]] == ["s-0", "s-1"]
    query = {"limit": "2", "next": first["next"], "status": "pending_review", "order": order}
    last = call("list_validations", query=query, groups="technician")[1]
    assert [item["submission_id"] for item in last["items"]] == ["s-2"]
    assert "next" not in last


@pytest.mark.usefixtures("aws")
def test_an_item_shows_the_photo_and_hides_the_machine(call: Any) -> None:
    pending(0)
    item = call("list_validations", groups="operator")[1]["items"][0]
    assert item["photo_url"].startswith("https://meterflow-photos.s3.eu-central-1.amazonaws.com/photos/a.jpg?")
    assert "X-Amz-Expires=300" in item["photo_url"]
    assert (item["status"], item["value"], item["reading"]) == ("PENDING_REVIEW", "1.5", "1.7")
    assert item["deadline_at"] > item["created_at"]
    assert "canary" not in str(item)


@pytest.mark.usefixtures("aws")
def test_other_statuses(call: Any) -> None:
    comparison = Comparison(verdict="MATCH", reading="1.5", confidence=0.9)
    validation_results.store_verdict("s-9", "GAS-0001", "1.5", TAKEN_AT, comparison, clock.now())
    pending(1, None)
    matched = call("list_validations", query={"status": "MATCHED"}, groups="operator")[1]["items"]
    assert [(item["submission_id"], item["confidence"], item["photo_url"]) for item in matched] == [("s-9", 0.9, None)]
    waiting = call("list_validations", query={"status": "NEEDS_REVIEW"}, groups="operator")[1]["items"]
    assert [item["submission_id"] for item in waiting] == ["s-1"]
    assert call("list_validations", query={"status": "DECIDED"}, groups="operator")[1] == {"items": []}


STAKE = Stake(odds=Decimal("0.9"), difference=Decimal("0.2"), price=Decimal("1.10"))


@pytest.mark.usefixtures("aws")
def test_what_waits_shows_every_term_of_its_priority(call: Any) -> None:
    pending(0, stake=STAKE)
    shown = call("list_validations", groups="operator")[1]["items"][0]["priority"]
    assert (shown["odds"], shown["difference"], shown["price"]) == ("0.9000", "0.2000", "1.10")
    assert (shown["expected_cost"], shown["waiting"], shown["escalated"]) == ("0.20", "0.00", "0")
    assert (shown["total"], shown["currency"]) == ("0.20", "EUR")


def say(value: str, who: str, outcome: str, stage: str = "FIRST") -> None:
    words = {"value": value, "reason": "seen", "decided_by": who, "decided_at": TAKEN_AT}
    opinion = Opinion.model_validate({**words, "stage": stage, "outcome": outcome})
    assert reviews.give_opinion("s-0", opinion, Decision.model_validate(words) if outcome == "DECIDED" else None)


@pytest.mark.usefixtures("aws")
def test_the_second_person_is_blind_and_the_first_may_not_decide_again(call: Any) -> None:
    pending(0)
    say("1.6", "ann", "SECOND_OPINION")
    for who, groups, may in (("bob", "technician", True), ("bob", "operator", True), ("ann", "operator", False)):
        item = call("list_validations", groups=groups, user=who)[1]["items"][0]
        assert (item["stage"], item["may_decide"], item["opinions"], item["decision"]) == ("SECOND", may, [], None)
        assert "1.6" not in str(item)
        assert "ann" not in str(item)


@pytest.mark.usefixtures("aws")
def test_the_lead_sees_both_without_their_names(call: Any) -> None:
    pending(0)
    say("1.6", "ann", "SECOND_OPINION")
    say("1.9", "bob", "DISAGREED", "SECOND")
    lead = call("list_validations", groups="operator", user="dan")[1]["items"][0]
    assert (lead["stage"], lead["may_decide"]) == ("LEAD", True)
    assert lead["opinions"] == [{"value": "1.6", "reason": "seen"}, {"value": "1.9", "reason": "seen"}]
    assert "ann" not in str(lead)
    technician = call("list_validations", groups="technician", user="cat")[1]["items"][0]
    assert (technician["may_decide"], technician["opinions"]) == (False, [])


@pytest.mark.usefixtures("aws")
def test_what_is_decided_has_left_the_queue(call: Any) -> None:
    pending(0)
    pending(1)
    say("1.7", "ann", "DECIDED")
    assert [one["submission_id"] for one in call("list_validations", groups="operator")[1]["items"]] == ["s-1"]
    (item,) = call("list_validations", query={"status": "DECIDED"}, groups="operator", user="x")[1]["items"]
    assert (item["decision"]["agreement"], item["may_decide"], item["priority"]) == ("ONE", False, None)


def test_customers_have_no_business_here(call: Any) -> None:
    assert call("list_validations")[0] == 403


@pytest.mark.parametrize("query", [{"status": "canary"}, {"limit": "0"}, {"next": "canary"}, {"order": "canary"}])
def test_bad_queries(call: Any, query: dict[str, str]) -> None:
    status, problem = call("list_validations", query=query, groups="operator")
    assert (status, problem["errors"][0]["field"]) == (400, next(iter(query)))


@pytest.mark.parametrize("rank", ["x", "NaN", "Infinity", "1" * 39])
def test_a_forged_token_is_refused(call: Any, rank: str) -> None:
    token = to_token({"rank": rank, "result_id": "r"})
    status, problem = call("list_validations", query={"next": token}, groups="operator")
    assert (status, problem["errors"][0]["field"]) == (400, "next")


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(("user", "may"), [("canary-customer", False), ("somebody", True)])
def test_nobody_may_decide_about_a_meter_of_their_own(call: Any, user: str, may: bool) -> None:
    pending(0)
    [item] = call("list_validations", user=user, groups="operator")[1]["items"]
    assert item["may_decide"] is may
    assert "canary" not in str(item)
