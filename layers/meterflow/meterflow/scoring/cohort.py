"""What moves all meters of a cohort at once: heat, a holiday, a cold day. One number, the fleet factor.

Each member's rate is divided by its own mean of about four weeks, and held to ten of it. What the cohort's rates of
these hours add up to, over what they usually do at this hour of a weekday or of a weekend, is the factor: 1.6 means
that the cohort uses 60 % more than it does. The hour that is open moves it as far as its members agree (James and
Stein's shrinkage: by 1 - error^2 / difference^2). A scorer divides by it, so a meter is odd only where it does what
its cohort does not. Where the rows of one time come together, all go in before the first of them is scored.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from math import exp
from typing import Any, Self

# Rows of fewer members than this say nothing about what is common.
FEWEST_MEMBERS = 8
LEVEL_DAYS = 28.0
# A member counts once it was watched for so long.
LEAST_DAYS = 3.0
MOST_OF_LEVEL = 10.0
# Slots: the hours of a weekday, then those of a weekend day. One follows so many of its days.
SLOTS, DAYS_KEPT, LEAST_TIMES = 48, 10, 2
# An odd hour of all is learned as this share of the usual at most, so that heat stays heat for weeks.
MOST_LEARNED = 0.25
# The factor is held within these: a cohort at a standstill explains nothing away.
LEAST_FACTOR, MOST_FACTOR = 0.1, 10.0


class Cohort:
    """The factor of one cohort, online. Rows of all members come in time order.

    `memory_hours`: how fast the factor follows; for members that are read once a day at any hour, a day or more.
    """

    def __init__(self, memory_hours: float = 6.0) -> None:
        self._memory_hours = memory_hours
        # By member: first time, last time (seconds), mean rate.
        self._members: dict[str, tuple[float, float, float]] = {}
        self._usual = [1.0] * SLOTS
        self._times = [0] * SLOTS
        # The hour that is open: its number since 1970, slot, rates in levels and their squares added up, how many.
        self._hour, self._slot, self._sum, self._squares, self._count = 0, 0, 0.0, 0.0, 0
        # The hours before, forgotten with the memory: rates, what is usual for as many, how many.
        self._rates = self._usuals = self._counts = 0.0

    def observe(self, member: str, time: datetime, rate: float) -> None:
        """Learn that `member` used `rate` (any unit, but always the same for one member) in the row up to `time`."""
        now = _seconds(time)
        self._turn(time, now)
        known = self._members.get(member)
        if known is None:
            self._members[member] = (now, now, rate)
            return
        first, last, level = known
        watched = max(0.0, now - first) / 86_400
        if watched >= LEAST_DAYS and level > 0:
            part = min(MOST_OF_LEVEL, rate / level)
            self._sum += part
            self._squares += part * part
            self._count += 1
        days = max(0.0, now - last) / 86_400
        # What all do is not this member's level.
        level += (rate / self.factor(time) - level) * (1.0 - exp(-days / max(1e-9, min(LEVEL_DAYS, watched))))
        self._members[member] = (first, max(now, last), level)

    def factor(self, time: datetime) -> float:
        """How much more than usual the cohort uses at `time`: 1 for as usual, and with too few rows to say."""
        self._turn(time, _seconds(time))
        factor = 1.0
        if self._counts >= FEWEST_MEMBERS and self._usuals > 0:
            factor = self._rates / self._usuals
        usual = self._usual[self._slot]
        if self._times[self._slot] >= LEAST_TIMES and self._count >= FEWEST_MEMBERS and usual > 0:
            mean = self._sum / self._count
            error = max(0.0, self._squares / self._count - mean * mean) / self._count / (usual * usual)
            difference = mean / usual - factor
            if difference:
                factor += difference * max(0.0, 1.0 - error / (difference * difference))
        return min(MOST_FACTOR, max(LEAST_FACTOR, factor))

    def _turn(self, time: datetime, now: float) -> None:
        """Close the open hour once a later one has begun, and learn what was usual in it."""
        hour = int(now // 3600)
        if hour <= self._hour:
            return
        keep = exp(-(hour - self._hour) / self._memory_hours) if self._hour else 0.0
        if self._count:
            usual = self._usual[self._slot]
            if self._times[self._slot] >= LEAST_TIMES:
                self._rates += self._sum
                self._usuals += self._count * usual
                self._counts += self._count
            if self._count >= FEWEST_MEMBERS:
                times = self._times[self._slot] = min(DAYS_KEPT, self._times[self._slot] + 1)
                step = self._sum / self._count - usual
                if times > LEAST_TIMES:
                    step = max(-MOST_LEARNED * usual, min(MOST_LEARNED * usual, step))
                self._usual[self._slot] = usual + step / times
        self._rates, self._usuals, self._counts = keep * self._rates, keep * self._usuals, keep * self._counts
        self._hour, self._sum, self._squares, self._count = hour, 0.0, 0.0, 0
        self._slot = time.hour + (24 if time.weekday() >= 5 else 0)

    def to_item(self) -> dict[str, Any]:
        """The state, JSON-able: some 60 bytes a member."""
        return {
            "memory_hours": self._memory_hours,
            "members": {member: list(numbers) for member, numbers in self._members.items()},
            "usual": list(self._usual),
            "times": list(self._times),
            "open": [self._hour, self._slot, self._sum, self._squares, self._count],
            "before": [self._rates, self._usuals, self._counts],
        }

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """What `to_item` wrote down."""
        cohort = cls(float(item["memory_hours"]))
        for member, (first, last, level) in item["members"].items():
            cohort._members[member] = (float(first), float(last), float(level))
        cohort._usual = [float(each) for each in item["usual"]]
        cohort._times = [int(each) for each in item["times"]]
        hour, slot, total, squares, count = item["open"]
        cohort._hour, cohort._slot, cohort._count = int(hour), int(slot), int(count)
        cohort._sum, cohort._squares = float(total), float(squares)
        cohort._rates, cohort._usuals, cohort._counts = (float(each) for each in item["before"])
        return cohort


def _seconds(time: datetime) -> float:
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
