"""How many photos a month's budget pays for, and which month a call belongs to.

Prices are those of Amazon Rekognition's DetectText, an image each: $0.0010 in us-east-1 up to a million a month (price
list of October 2026). Both numbers are parameters of the deployment; see decision 0033.
"""

from datetime import UTC, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal

# From this share of the budget on somebody is told.
WARN_PERCENT = 80
# Said with a photo that the open reader read because the month's money was spent, and with one that nobody read.
BUDGET_SPENT = "budget_spent"


def images_paid_for(budget_usd: Decimal, price_usd: Decimal) -> int:
    """How many images the budget pays for, rounded down; without a price the budget is no bound.

    Raises ValueError for a negative budget or a price that is not above zero.
    """
    if budget_usd < 0 or price_usd <= 0:
        raise ValueError("a budget is not negative, and a price is above zero")
    return int((budget_usd / price_usd).to_integral_value(ROUND_FLOOR))


def month_of(now: datetime) -> str:
    """The month that a call at `now` is paid in, as AWS bills: in UTC, such as `2026-11`."""
    return now.astimezone(UTC).strftime("%Y-%m")


def kept_until(now: datetime) -> datetime:
    """When a month's counter may be forgotten: long after its bill."""
    return now + timedelta(days=400)


def percent_used(images: int, most: int) -> float:
    """How much of the budget is used, in percent; 100 where there is none."""
    return round(100 * images / most, 1) if most else 100.0
