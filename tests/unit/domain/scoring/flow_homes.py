"""Homes for the tests of flow: hours of use with quiet nights, seeded, and leaks on top of them."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
Row = tuple[datetime, datetime, float]


def home(days: int, seed: int = 1, *, base: float = 0.0) -> list[float]:
    """Litres in each hour: nothing at night (sometimes a flush), use by day, `base` litres always."""
    chance = random.Random(seed)
    hours = []
    for hour in range(24 * days):
        of_day = hour % 24
        busy = 0.08 if of_day < 6 else 0.65
        used = round(chance.expovariate(1 / 18)) if chance.random() < busy else 0
        hours.append(float(used) + base)
    return hours


def rows(hours: list[float], start: datetime = START) -> list[Row]:
    return [(start + index * HOUR, start + (index + 1) * HOUR, used) for index, used in enumerate(hours)]


def leaking(hours: list[float], start: int, flow: Callable[[int], float]) -> list[float]:
    """`flow(hours since the start)` litres an hour from hour `start` on."""
    return [used + (flow(index - start) if index >= start else 0.0) for index, used in enumerate(hours)]


def in_quarters(hourly: list[Row]) -> Iterator[Row]:
    """The same use in rows of a quarter of an hour, all in the third quarter but what runs all the time."""
    for start, _, used in hourly:
        for quarter in range(4):
            begin = start + quarter * HOUR / 4
            yield begin, begin + HOUR / 4, used / 4
