"""Budgets in images, and the month they belong to."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterflow import spending


@pytest.mark.parametrize(
    ("budget", "price", "images"),
    [("100", "0.001", 100_000), ("0", "0.001", 0), ("0.0019", "0.001", 1), ("1", "0.0008", 1250), ("0.3", "0.1", 3)],
)
def test_how_many_images_a_budget_pays(budget: str, price: str, images: int) -> None:
    assert spending.images_paid_for(Decimal(budget), Decimal(price)) == images


@pytest.mark.parametrize(("budget", "price"), [("-1", "1"), ("1", "0"), ("1", "-1")])
def test_nonsense_is_refused(budget: str, price: str) -> None:
    with pytest.raises(ValueError, match="budget"):
        spending.images_paid_for(Decimal(budget), Decimal(price))


@given(st.decimals(0, 10_000, places=2), st.decimals("0.0001", 10, places=4))
def test_the_images_never_cost_more_than_the_budget(budget: Decimal, price: Decimal) -> None:
    images = spending.images_paid_for(budget, price)
    assert images * price <= budget < (images + 1) * price


def test_months_are_utc() -> None:
    assert spending.month_of(datetime(2026, 11, 30, 23, 59, tzinfo=UTC)) == "2026-11"
    assert spending.month_of(datetime(2026, 12, 1, 0, 30, tzinfo=timezone(timedelta(hours=1)))) == "2026-11"


def test_percent() -> None:
    assert spending.percent_used(800, 1000) == 80.0
    assert spending.percent_used(0, 0) == 100.0
