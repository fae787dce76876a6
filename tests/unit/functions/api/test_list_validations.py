"""GET /validations."""

from datetime import timedelta
from typing import Any

import pytest

from meterflow import clock
from meterflow.adapters import reviews, validation_results
from meterflow.contracts.image_validation import Comparison, ReviewRequest

TAKEN_AT = "2026-11-20T08:00:00Z"


def pending(number: int, kept_key: str | None = "photos/a.jpg") -> None:
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
    )


@pytest.mark.usefixtures("aws")
def test_the_queue_page_by_page_oldest_first(call: Any) -> None:
    for number in (2, 0, 1):
        pending(number)
    status, first = call("list_validations", query={"limit": "2"}, groups="operator")
    assert status == 200
    assert [item["submission_id"] for item in first["items"]] == ["s-0", "s-1"]
    query = {"limit": "2", "next": first["next"], "status": "pending_review"}
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


def test_customers_have_no_business_here(call: Any) -> None:
    assert call("list_validations")[0] == 403


@pytest.mark.parametrize("query", [{"status": "canary"}, {"limit": "0"}, {"next": "canary"}])
def test_bad_queries(call: Any, query: dict[str, str]) -> None:
    status, problem = call("list_validations", query=query, groups="operator")
    assert (status, problem["errors"][0]["field"]) == (400, next(iter(query)))
