"""From a meter's rows to frames of about one hour, whatever the meter's own interval is.

A frame is what the leak logic looks at: a consumption and the hours it took. Finer rows (1, 5, 15, 30 minutes) are
summed to an hour, because single pulses of a coarse meter say little in five minutes; coarser rows (4 hours, a day)
stay as they are. A row much longer than the meter's usual one is a gap: it says how much, but not when.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

# Rows shorter than this are summed until they are about an hour.
SHORTEST_HOURS = 0.6
FULL_HOURS = 0.95
# A row this many times longer than the usual one is a gap.
GAP_FACTOR = 1.7
# Above this no leak logic holds: a reading a week says nothing about nights.
LONGEST_HOURS = 36.0
# How fast the usual length follows: a step of this share up or down a row (a running median).
LENGTH_STEP = 0.05


@dataclass(frozen=True, slots=True)
class Frame:
    """`used` in the meter's unit over `hours`, ending at `end`; `gap`: several usual intervals in one."""

    end: datetime
    hours: float
    used: float
    gap: bool

    @property
    def rate(self) -> float:
        """Units an hour."""
        return self.used / self.hours


class Frames:
    """Collects rows to frames. Its state is a few numbers."""

    def __init__(self) -> None:
        self._usual = 0.0
        self._used = 0.0
        self._hours = 0.0
        self._last_end: datetime | None = None

    def add(self, start: datetime, end: datetime, used: float) -> Frame | None:
        """The frame that this row completes, or None. Rows that end before the last one's end are passed over."""
        hours = (end - start).total_seconds() / 3600
        if hours <= 0 or (self._last_end is not None and end <= self._last_end):
            return None
        broken = self._last_end is not None and (start - self._last_end).total_seconds() > 0.25 * 3600
        self._last_end = end
        if hours < SHORTEST_HOURS:
            return self._collect(end, hours, used, broken)
        self._used = self._hours = 0.0
        return self._framed(end, hours, used)

    def _collect(self, end: datetime, hours: float, used: float, broken: bool) -> Frame | None:
        if broken:
            self._used = self._hours = 0.0
        self._used += used
        self._hours += hours
        if self._hours < FULL_HOURS:
            return None
        frame = self._framed(end, self._hours, self._used)
        self._used = self._hours = 0.0
        return frame

    def _framed(self, end: datetime, hours: float, used: float) -> Frame | None:
        if self._usual == 0.0:
            self._usual = min(hours, LONGEST_HOURS)
        gap = hours > GAP_FACTOR * self._usual
        step = 1 + LENGTH_STEP
        self._usual = min(LONGEST_HOURS, max(1.0, self._usual * (step if hours > self._usual else 1 / step)))
        return Frame(end, hours, used, gap or hours > LONGEST_HOURS)

    def to_item(self) -> dict[str, Any]:
        last = None if self._last_end is None else self._last_end.isoformat()
        return {"usual": self._usual, "used": self._used, "hours": self._hours, "last": last}

    @classmethod
    def from_item(cls, item: dict[str, Any]) -> Self:
        frames = cls()
        frames._usual, frames._used, frames._hours = float(item["usual"]), float(item["used"]), float(item["hours"])
        frames._last_end = None if item["last"] is None else datetime.fromisoformat(item["last"])
        return frames
