"""How much a meter usually turns: daily rates between readings, and their robust statistics.

Rates are in the meter's unit a day, values are what the register shows, and all arithmetic is decimal. Nothing here
knows a clock or a table. The median and the median absolute deviation (MAD) are used because a few wrong readings in a
history move neither of them (Rousseeuw and Croux, "Alternatives to the median absolute deviation", JASA 88, 1993).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import median

from meterflow.clock import from_text

# Readings closer together than this are one look at the meter: a wheel's last digit would make any rate of it.
SHORTEST = timedelta(hours=12)
# A stretch this many times longer than the meter's typical one is a gap: it averages over too much to compare with.
GAP_FACTOR = 4
# What a season is: the weeks just before, and the same weeks of the year before.
RECENT = timedelta(days=70)
YEAR = timedelta(days=365)
SAME_SEASON = timedelta(days=35)
# Below this there is no usual to compare with.
FEWEST_INTERVALS = 4
FEWEST_DAYS = Decimal(14)
# The MAD of a normal distribution times this is its standard deviation.
MAD_TO_DEVIATION = Decimal("1.4826")

# From so many readings on, that come at least once a day, a meter's online scorer is asked. Clocks of devices wander.
FEWEST_FREQUENT = 24
LONGEST_FREQUENT = timedelta(hours=26)
# Its name in the meter's memory.
SCORER = "meter"

_SECONDS_A_DAY = Decimal(86_400)


@dataclass(frozen=True)
class Register:
    """What has to be known of a register to compare its readings.

    `capacity` is the value at which it starts again (10 to the number of its wheels), `multiplier` turns a step of it
    into `unit`, and `least_spread` in units a day is the smallest difference of rates worth a word (above zero).
    """

    unit: str
    capacity: Decimal
    least_spread: Decimal
    multiplier: Decimal = Decimal(1)


@dataclass(frozen=True)
class RegisterReading:
    """What a register showed, and when: `value` in its own steps, `taken_at` with a zone."""

    value: Decimal
    taken_at: datetime


@dataclass(frozen=True)
class Interval:
    """The consumption between two readings: `used` in the meter's unit, never negative."""

    start: RegisterReading
    end: RegisterReading
    used: Decimal

    @property
    def days(self) -> Decimal:
        """Its length in days; above zero, because SHORTEST bounds it."""
        return Decimal(int((self.end.taken_at - self.start.taken_at).total_seconds())) / _SECONDS_A_DAY

    @property
    def rate(self) -> Decimal:
        """Units used a day."""
        return self.used / self.days


@dataclass(frozen=True)
class Usual:
    """A meter's usual rate. `median` and `mad` in units a day, `typical_days` the length of its usual interval."""

    median: Decimal
    mad: Decimal
    typical_days: Decimal
    intervals: int
    days: Decimal


def used_between(start: RegisterReading, end: RegisterReading, register: Register) -> Decimal | None:
    """What was used between two readings in the meter's unit, or None where the register ran back.

    A fall from the register's last tenth to its first tenth is a rollover, as in `meterflow.vee`; any other fall is a
    rollback: a typing error, a misread photo, a new meter.
    """
    steps = end.value - start.value
    turned = start.value >= register.capacity * Decimal("0.9") and end.value <= register.capacity * Decimal("0.1")
    if steps < 0 and turned:
        steps += register.capacity
    return steps * register.multiplier if steps >= 0 else None


def interval_before(
    reading: RegisterReading, history: Iterable[RegisterReading], register: Register
) -> Interval | None:
    """The interval that ends in `reading` and starts at the newest of `history` at least SHORTEST before it.

    None where there is no such reading, or where the register ran back since.
    """
    earlier = [past for past in history if reading.taken_at - past.taken_at >= SHORTEST]
    if not earlier:
        return None
    start = max(earlier, key=lambda past: past.taken_at)
    used = used_between(start, reading, register)
    return None if used is None else Interval(start, reading, used)


def intervals(history: Iterable[RegisterReading], register: Register) -> list[Interval]:
    """The intervals between the readings of `history` (in any order), oldest first.

    Readings within SHORTEST of the one before are passed over, rollbacks and gaps are left out.
    """
    found: list[Interval] = []
    start: RegisterReading | None = None
    for reading in sorted(history, key=lambda past: past.taken_at):
        if start is not None and reading.taken_at - start.taken_at < SHORTEST:
            continue
        if start is not None and (used := used_between(start, reading, register)) is not None:
            found.append(Interval(start, reading, used))
        start = reading
    if not found:
        return found
    longest = GAP_FACTOR * weighted_median([(each.days, Decimal(1)) for each in found])
    return [each for each in found if each.days <= longest]


def comparable(past: Sequence[Interval], at: datetime) -> list[Interval]:
    """The intervals of `past` that say what is usual at the moment `at`: the last weeks and the same weeks a year ago.

    A heat meter in January is not compared with its July. Where the season has too few intervals (a meter read every
    month, or for less than a year) every interval counts.
    """
    season = [each for each in past if _in_season(each, at)]
    return season if _enough(season) else list(past)


def usual(compared: Sequence[Interval]) -> Usual | None:
    """The median and MAD of the daily rates in `compared`, each interval weighing its days. None for too little."""
    if not _enough(compared):
        return None
    median = weighted_median([(each.rate, each.days) for each in compared])
    return Usual(
        median=median,
        mad=weighted_median([(abs(each.rate - median), each.days) for each in compared]),
        typical_days=weighted_median([(each.days, Decimal(1)) for each in compared]),
        intervals=len(compared),
        days=sum((each.days for each in compared), Decimal(0)),
    )


def weighted_median(pairs: Iterable[tuple[Decimal, Decimal]]) -> Decimal:
    """The value at which half of the weight of `(value, weight)` pairs is reached; the mean of two where both reach it.

    Raises ValueError for no pairs. Weights are above zero.
    """
    ordered = sorted(pairs)
    if not ordered:
        raise ValueError("no values to take the median of")
    half = sum((weight for _, weight in ordered), Decimal(0)) / 2
    reached = Decimal(0)
    for index, (value, weight) in enumerate(ordered):
        reached += weight
        if reached == half:
            return (value + ordered[index + 1][0]) / 2
        if reached > half:
            return value
    raise AssertionError("half of the weight lies before its end")


def often_enough(times: Sequence[str]) -> bool:
    """Whether readings at `times` (RFC 3339, in any order) come every day or oftener, and are enough for the meter's
    online scorer, which knows hours and weekdays, in place of daily rates."""
    if len(times) < FEWEST_FREQUENT:
        return False
    ordered = sorted(from_text(one) for one in times)
    gaps = [(after - before).total_seconds() for before, after in pairwise(ordered)]
    return median(gaps) <= LONGEST_FREQUENT.total_seconds()


def _in_season(each: Interval, at: datetime) -> bool:
    middle = each.start.taken_at + (each.end.taken_at - each.start.taken_at) / 2
    return each.end.taken_at >= at - RECENT or abs(middle - (at - YEAR)) <= SAME_SEASON


def _enough(compared: Sequence[Interval]) -> bool:
    days = sum((each.days for each in compared), Decimal(0))
    return len(compared) >= FEWEST_INTERVALS and days >= FEWEST_DAYS
