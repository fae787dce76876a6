"""Minimum night flow: the least that flows in the hours in which people sleep.

The window is from 02:00 to 04:00 where nothing else is said, as is the practice of the International Water Association
(Farley and others, "The manager's non-revenue water handbook", 2008; Thornton, Sturm and Kunkel, "Water loss control",
2008). What remains above legitimate night use is loss. Flow is in units an hour.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

# The hours of the night, local time, in which flow is least.
FIRST_HOUR = 2
LAST_HOUR = 4
# Nights before a usual night is known, and how many are remembered.
FEWEST_NIGHTS = 7
NIGHTS = 28
# The MAD of a normal distribution times this is its standard deviation.
MAD_TO_DEVIATION = 1.4826


@dataclass(frozen=True, slots=True)
class Flow:
    """`used` units from `start` to `end`."""

    start: datetime
    end: datetime
    used: float

    @property
    def hours(self) -> float:
        return (self.end - self.start) / timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Night:
    """The night of `day` (its morning): mean flow in the window in units an hour, and the hours measured."""

    day: date
    flow: float
    hours: float


def nights(flows: Iterable[Flow], *, first: int = FIRST_HOUR, last: int = LAST_HOUR) -> list[Night]:
    """The nights of a meter, oldest first. Rows count with the part that lies in the window, if it is most of the row.

    Times are local: give the flows in the zone of the place. Nights measured for less than half of the window are out.
    """
    found: dict[date, tuple[float, float]] = {}
    for flow in flows:
        opens = flow.end.replace(hour=first, minute=0, second=0, microsecond=0)
        inside = (min(flow.end, opens + timedelta(hours=last - first)) - max(flow.start, opens)) / timedelta(hours=1)
        if flow.hours > 0 and inside > flow.hours / 2:
            used, hours = found.get(opens.date(), (0.0, 0.0))
            found[opens.date()] = used + flow.used * inside / flow.hours, hours + inside
    half = (last - first) / 2
    return [Night(day, used / hours, hours) for day, (used, hours) in sorted(found.items()) if hours >= half]


@dataclass(frozen=True, slots=True)
class UsualNight:
    """The median of a month of nights, and their spread as a standard deviation; units an hour."""

    flow: float
    spread: float
    nights: int


def usual_night(past: Iterable[Night]) -> UsualNight | None:
    """What a night is usually like, from the newest NIGHTS of `past`; None for fewer than a week."""
    flows = [night.flow for night in past][-NIGHTS:]
    if len(flows) < FEWEST_NIGHTS:
        return None
    middle = median(flows)
    return UsualNight(middle, MAD_TO_DEVIATION * median(abs(flow - middle) for flow in flows), len(flows))
