"""Leaks of known size, put into the consumption of real homes as the register would have counted them."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import floor

from training.scoring.homes_data import Interval

# A leak's flow wanders by this share from hour to hour.
WANDER = 0.1
GROWING_DAYS = 14.0
# An intermittent leak runs and rests for so many hours, on average each.
SPELL_HOURS = 4.0

Shape = Callable[[random.Random], Callable[[float], float]]


def steady(_: random.Random) -> Callable[[float], float]:
    return lambda _hours: 1.0


def pausing(every: int) -> Shape:
    """Stops for one hour in `every`."""

    def shape(chance: random.Random) -> Callable[[float], float]:
        offset = chance.randrange(every)
        return lambda hours: 0.0 if int(hours + offset) % every == 0 else 1.0

    return shape


def intermittent(chance: random.Random) -> Callable[[float], float]:
    """Runs for some hours and rests for some hours, at random."""
    switches, at = [], 0.0
    while at < 24 * 60:
        at += max(1.0, chance.expovariate(1 / SPELL_HOURS))
        switches.append(at)

    return lambda hours: 1.0 if sum(switch <= hours for switch in switches) % 2 == 0 else 0.0


def growing(_: random.Random) -> Callable[[float], float]:
    """From nothing to its full size over two weeks."""
    return lambda hours: min(1.0, hours / (24 * GROWING_DAYS))


# The control: no leak at all, to see how many are "found" by chance.
NO_LEAK = "no leak"
SHAPES: dict[str, Shape] = {
    "continuous": steady,
    "pauses 1 h in 8": pausing(8),
    "pauses 1 h in 4": pausing(4),
    "intermittent": intermittent,
    "growing": growing,
}


@dataclass(frozen=True, slots=True)
class Leak:
    """`size` litres an hour from `start` on, in the manner of `shape` (a key of SHAPES, or NO_LEAK)."""

    start: datetime
    size: float
    shape: str
    seed: int


def with_leak(intervals: Sequence[Interval], leak: Leak, days: float, step: float = 1.0) -> list[Interval]:
    """The intervals of `days` days from the leak's start on, with the leak in them, counted in `step` litres."""
    chance = random.Random(leak.seed)
    share = SHAPES.get(leak.shape, steady)(chance)
    until = leak.start + timedelta(days=days)
    counted = lost = chance.random() * step
    leaking = []
    for each in intervals:
        if each.end <= leak.start or each.end > until:
            continue
        lost += leak.size * _running(each, leak.start, share) * chance.gauss(1.0, WANDER)
        pulses = floor((lost - counted) / step + 1e-9)
        counted += pulses * step
        leaking.append(Interval(each.start, each.end, each.used + max(0, pulses) * step))
    return leaking


def _running(each: Interval, start: datetime, share: Callable[[float], float]) -> float:
    """The hours of `each` in which the leak runs at full size, in quarters of an hour."""
    first = max(0.0, (each.start - start).total_seconds() / 3600)
    last = (each.end - start).total_seconds() / 3600
    pieces = max(1, round((last - first) * 4))
    width = (last - first) / pieces
    return sum(share(first + (piece + 0.5) * width) for piece in range(pieces)) * width
