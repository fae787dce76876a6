"""Evidence of a leak: a bank of CUSUM tests, one for each size of leak and each habit of pausing.

Each test asks of an hour: how much better is it explained as the usual hour plus a leak of q than as a usual hour?
The logarithms of that ratio are added up and never fall below zero (Page, "Continuous inspection schemes", Biometrika
41, 1954). A leak that pauses is the same with a share of hours in which it does not run, so that a zero hour costs
some evidence and not all of it. Evidence is in nats; dependence between hours is left to the calibration.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import floor, log, sqrt
from typing import Any, Self

from meterflow.scoring.habit import bin_of

# Sizes of leaks in units an hour. Below one unit a leak shows as a pulse now and then.
SIZES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)
# A leak is never quite steady: the sizes around each size, equally likely.
AROUND = (0.75, 1.0, 1.3)
# The share of hours in which a leak does not run: steady, pausing, intermittent.
PAUSES = (0.03, 0.25, 0.5)
# One hour is worth at most this much, so that no single hour makes an alarm. Longer rows are worth more, as the root of
# their hours: a day is not 24 independent hours.
MOST_FOR = 1.5
# Evidence is kept below this, so that it goes when the leak has gone.
CEILING = 30.0
# Evidence halves in so many hours (times the root of the row's hours): the little left by a hard day goes in some days.
HALVES_IN = 48.0


@lru_cache(maxsize=1024)
def _parts(size: float, hours: float) -> tuple[tuple[int, float], ...]:
    """What a leak of `size` units an hour adds in `hours`, in whole units, with probabilities."""
    parts: dict[int, float] = {}
    for around in AROUND:
        amount = size * around * hours
        whole = floor(amount)
        fraction = amount - whole
        parts[whole] = parts.get(whole, 0.0) + (1 - fraction) / len(AROUND)
        if fraction > 0:
            parts[whole + 1] = parts.get(whole + 1, 0.0) + fraction / len(AROUND)
    return tuple(parts.items())


def ratios(densities: Sequence[float], units: float, hours: float, least: float = 0.0) -> list[float]:
    """For each size: how much likelier `units` in this frame are with a leak of that size than without.

    Sizes below `least` (units an hour) are no leak to tell of: 0.
    """
    usual = densities[bin_of(units)]
    length = max(0.1, round(hours, 1))
    found: list[float] = []
    for size in SIZES:
        with_leak = 0.0
        if size < least:
            found.append(0.0)
            continue
        for added, share in _parts(size, length):
            left = units - added
            if left > -0.5:
                with_leak += share * densities[bin_of(left)]
        found.append(with_leak / usual)
    return found


class Evidence:
    """The bank: the sums, and for each the time (in minutes since 1970) at which it last was zero."""

    def __init__(self) -> None:
        self._sums = [0.0] * (len(SIZES) * len(PAUSES))
        self._since = [0] * len(self._sums)

    def add(self, found: Sequence[float], minute: int, hours: float = 1.0, times: int = 1) -> None:
        """Adds one frame's ratios (`times` times: a gap at zero is several zero frames) of `hours` hours."""
        sums, since = self._sums, self._since
        worth = 1.0 if hours < 1.5 or times > 1 else sqrt(hours)
        kept, most = 0.5 ** (hours / (HALVES_IN * worth)), MOST_FOR * worth
        at = 0
        for pause in PAUSES:
            for ratio in found:
                total = kept * sums[at] + times * min(most, log(pause + (1 - pause) * ratio))
                if total <= 0.0:
                    sums[at], since[at] = 0.0, minute
                else:
                    sums[at] = round(min(CEILING, total), 3)
                at += 1

    def most(self) -> float:
        """The most evidence that any test has, in nats."""
        return max(self._sums)

    def best(self) -> tuple[float, int]:
        """The winning test: leak in units an hour, and the minute after which it began."""
        at = max(range(len(self._sums)), key=self._sums.__getitem__)
        return SIZES[at % len(SIZES)], self._since[at]

    def clear(self, minute: int) -> None:
        """Forgets all evidence: the meter's habit was told to be normal."""
        self._sums = [0.0] * len(self._sums)
        self._since = [minute] * len(self._sums)

    def to_item(self) -> dict[str, Any]:
        return {"sums": self._sums, "since": self._since}

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        evidence = cls()
        evidence._sums = [float(total) for total in item["sums"]]
        evidence._since = [int(minute) for minute in item["since"]]
        return evidence
