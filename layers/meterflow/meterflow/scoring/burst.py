"""A burst: a flow far above the largest hours that this meter has on its days, for two hours or more.

The largest hour of each day is kept as the mean and spread of its logarithm, forgotten slowly. An hour counts by how
many spreads it lies above that mean; one hour alone is never a burst (a filled bath, or the first reading after a gap),
two in a row may be.
"""

from collections.abc import Mapping
from math import exp, log
from typing import Any, Self

# Days of positive use before there is a usual largest hour.
FEWEST_DAYS = 7
# The share of a new day in the mean: a memory of about six weeks.
NEW_DAY = 1 / 40
# Spreads below this (in logarithms) are taken as this: a regular home's largest hours still vary by a third.
LEAST_SPREAD = 0.35
# Spreads above the mean that a large hour does not count for, and the most that one hour counts.
SLACK = 1.5
MOST_FOR_AN_HOUR = 3.0


class Burst:
    """Watches one meter's largest hours. Rates are in the meter's unit an hour."""

    def __init__(self) -> None:
        self._mean = 0.0
        self._variance = 0.0
        self._days = 0
        self._today = 0.0
        self._sum = 0.0
        self._in_a_row = 0

    def add(self, rate: float) -> None:
        """One hour. It is looked at against the days before, and is part of its own day afterwards."""
        self._today = max(self._today, rate)
        if self._days < FEWEST_DAYS or rate <= 0:
            self._sum, self._in_a_row = 0.0, 0
            return
        above = (log(rate) - self._mean) / max(LEAST_SPREAD, self._variance**0.5)
        self._sum = max(0.0, self._sum + min(MOST_FOR_AN_HOUR, above - SLACK))
        self._in_a_row = self._in_a_row + 1 if self._sum > 0 else 0

    def new_day(self) -> None:
        """Learns the day's largest hour; a day with a burst in it is held to the usual largest."""
        if self._today > 0:
            self._learn(log(self._today))
        self._today = 0.0

    def _learn(self, largest: float) -> None:
        share = max(NEW_DAY, 1 / (self._days + 1))
        if self._days >= FEWEST_DAYS:
            limit = self._mean + 3 * max(LEAST_SPREAD, self._variance**0.5)
            largest = min(largest, limit)
        difference = largest - self._mean
        self._mean = round(self._mean + share * difference, 5)
        self._variance = round((1 - share) * (self._variance + share * difference * difference), 5)
        self._days += 1

    @property
    def score(self) -> float:
        """Spreads in excess, added up over the large hours in a row; 0 after one alone. Two full ones make 6."""
        return self._sum if self._in_a_row >= 2 else 0.0

    @property
    def hours(self) -> int:
        """How many large hours there were in a row."""
        return self._in_a_row

    @property
    def usual_largest(self) -> float:
        """The usual largest hour of a day, in the meter's unit; 0 while it is not known."""
        return exp(self._mean) if self._days >= FEWEST_DAYS else 0.0

    def to_item(self) -> dict[str, Any]:
        return {
            "mean": self._mean, "variance": self._variance, "days": self._days,
            "today": self._today, "sum": self._sum, "in_a_row": self._in_a_row,
        }  # fmt: skip

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        burst = cls()
        burst._mean, burst._variance = float(item["mean"]), float(item["variance"])
        burst._today, burst._sum = float(item["today"]), float(item["sum"])
        burst._days, burst._in_a_row = int(item["days"]), int(item["in_a_row"])
        return burst
