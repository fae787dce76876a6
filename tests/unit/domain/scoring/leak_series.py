"""A plain sensor for tests: a day with two peaks, pressure that answers flow, noise, and whatever is done to it."""

import math
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from meterflow.scoring.leak_features import LeakRow

START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday


def usual(moment: datetime, scale: float) -> float:
    """Flow in l/s: low at night, peaks at 7 and 19 o'clock."""
    hour = moment.hour + moment.minute / 60
    peaks = math.exp(-(((hour - 7) / 2) ** 2)) + 0.8 * math.exp(-(((hour - 19) / 3) ** 2))
    return scale * (0.4 + peaks)


def series(
    days: float,
    *,
    minutes: int = 30,
    scale: float = 100.0,
    noise: float = 0.02,
    extra: Callable[[float], float] = lambda _day: 0.0,
    zone: str = "STANDARD",
    seed: int = 1,
) -> list[LeakRow]:
    """Rows over `days`. `extra(day)`: what a leak adds to the flow, as a share of `scale`, at that day (a number)."""
    rng = random.Random(seed)
    rows = []
    for at in range(int(days * 1440 / minutes)):
        moment = START + timedelta(minutes=minutes * at)
        flow = usual(moment, scale) * (1 + noise * rng.gauss(0, 1)) + scale * extra(at * minutes / 1440)
        pressure = 4.0 - 1.2 * (flow / scale / 1.4) ** 1.852 + 0.2 * noise * rng.gauss(0, 1)
        rows.append(LeakRow(moment, round(max(pressure, 0.0), 3), round(flow, 3), 12.0, zone))
    return rows
