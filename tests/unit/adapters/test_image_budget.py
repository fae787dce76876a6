"""The month's counter: whatever happens at once, the budget is never exceeded."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from meterflow.adapters import image_budget

NOW = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("atomic_items")


def test_images_are_counted_up_to_the_budget() -> None:
    assert [image_budget.claim_image(3, NOW) for _ in range(5)] == [1, 2, 3, None, None]


def test_no_budget_no_image() -> None:
    assert image_budget.claim_image(0, NOW) is None


def test_a_new_month_is_a_new_budget() -> None:
    assert image_budget.claim_image(1, NOW) == 1
    assert image_budget.claim_image(1, NOW) is None
    assert image_budget.claim_image(1, NOW + timedelta(seconds=1)) == 1


def test_calls_at_once_never_exceed_the_budget() -> None:
    with ThreadPoolExecutor(16) as pool:
        counts = list(pool.map(lambda _n: image_budget.claim_image(20, NOW), range(64)))
    taken = sorted(count for count in counts if count is not None)
    assert taken == list(range(1, 21))


def test_what_is_given_back_can_be_taken_again_and_never_more() -> None:
    image_budget.give_back(NOW)
    assert image_budget.claim_image(1, NOW) == 1
    image_budget.give_back(NOW)
    image_budget.give_back(NOW)
    assert [image_budget.claim_image(1, NOW) for _ in range(2)] == [1, None]


def test_claiming_and_giving_back_at_once_never_exceeds_the_budget() -> None:
    """At no moment are more images out than the budget has: every claim that succeeded says how many there were."""

    def one(number: int) -> int | None:
        count = image_budget.claim_image(5, NOW)
        if count is not None and number % 2:
            image_budget.give_back(NOW)
        return count

    with ThreadPoolExecutor(8) as pool:
        counts = [count for count in pool.map(one, range(40)) if count is not None]
    assert max(counts) <= 5
    (row,) = boto3.client("dynamodb").scan(TableName="meterflow-ClaimsTable")["Items"]
    assert 0 <= int(row["images"]["N"]) <= 5
    assert int(row["expires_at"]["N"]) > NOW.timestamp()
