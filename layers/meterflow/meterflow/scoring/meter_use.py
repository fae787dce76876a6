"""From a meter's rows to uses: what was used between which times, whatever the row holds and however often it comes.

A register row gives the difference to the register before, and a gap one use for the whole gap. A consumption row says
what was used in its own interval: since the row before, or the usual interval where rows are missing between.
A register that falls has rolled over (from the last tenth of its wheels to the first), was read wrongly, or was
replaced. The reading before the fall is kept for one row: where the next one is above it again, the fall was one wrong
reading and the use counts from the reading before it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self

# A row this many times later than the usual one follows a gap.
GAP_FACTOR = 1.7
# How fast the usual interval follows: a step of this share up or down a row (a running median).
INTERVAL_STEP = 0.05
# A register is taken to have so many wheels at least: a fall from 9 to 1 is no rollover.
FEWEST_WHEELS = 4

Step = Literal["first", "use", "repeated", "roll_back"]


@dataclass(frozen=True, slots=True)
class Use:
    """What a row says: `used` in the meter's unit over `hours` up to the row's time.

    `step`: `first` (nothing before it), `use`, `repeated` (the time of the row before: nothing is learned from it) or
    `roll_back` (`used` is how far the register fell). `gap`: longer than usual. `before` is the register before.
    """

    step: Step
    hours: float
    used: float
    gap: bool
    before: float | None


class Uses:
    """Keeps what is needed of the rows before."""

    def __init__(self) -> None:
        self._time: datetime | None = None
        self._register: float | None = None
        # The register and its time before a fall, while it is not known whether the fall was one wrong reading.
        self._fallen: tuple[datetime, float] | None = None
        self.usual_hours = 0.0

    def of(self, time: datetime, register: float | None, consumption: float | None) -> Use | None:
        """The use that the row ends, or None where it holds no number. Consumption counts where both are there."""
        if register is None and consumption is None:
            return None
        hours = 0.0 if self._time is None else (time - self._time).total_seconds() / 3600
        if self._time is not None and hours <= 0:
            return self._repeated(register, consumption)
        gap = self._paced(hours) if hours else False
        if consumption is not None:
            use = self._consumed(hours, consumption, gap)
        else:
            use = self._turned(time, hours, register or 0.0, gap)
        self._time = time
        if register is not None:
            self._register = register
        return use

    def _paced(self, hours: float) -> bool:
        """Whether the row follows a gap; learns the usual interval."""
        if self.usual_hours == 0.0:
            self.usual_hours = hours
        gap = hours > GAP_FACTOR * self.usual_hours
        step = 1 + INTERVAL_STEP
        closer = self.usual_hours * (step if hours > self.usual_hours else 1 / step)
        # Never past what was seen: a steady interval is known exactly.
        self.usual_hours = min(closer, hours) if hours > self.usual_hours else max(closer, hours)
        return gap

    def _consumed(self, hours: float, consumption: float, gap: bool) -> Use:
        if hours == 0.0:
            return Use("first", 0.0, consumption, False, None)
        # Nothing says what was used in the rows that are missing.
        return Use("use", self.usual_hours if gap else hours, consumption, gap, self._register)

    def _turned(self, time: datetime, hours: float, register: float, gap: bool) -> Use:
        before, fallen = self._register, self._fallen
        self._fallen = None
        if before is None or self._time is None:
            return Use("first", 0.0, 0.0, False, None)
        if fallen is not None and register >= fallen[1]:
            since = (time - fallen[0]).total_seconds() / 3600
            return Use("use", since, register - fallen[1], True, fallen[1])
        used = register - before
        if used < 0 and rolled_over(before, register):
            used += capacity(before)
        if used < 0:
            self._fallen = (self._time, before)
            return Use("roll_back", hours, -used, gap, before)
        return Use("use", hours, used, gap, before)

    def _repeated(self, register: float | None, consumption: float | None) -> Use:
        before = self._register
        if register is not None and before is not None and register < before:
            return Use("roll_back", 0.0, before - register, False, before)
        return Use("repeated", self.usual_hours, consumption or 0.0, False, before)

    def to_item(self) -> dict[str, Any]:
        """The state, JSON-able."""
        fallen = None if self._fallen is None else [self._fallen[0].isoformat(), self._fallen[1]]
        time = None if self._time is None else self._time.isoformat()
        return {"time": time, "register": self._register, "fallen": fallen, "usual_hours": self.usual_hours}

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """What `to_item` wrote down."""
        uses = cls()
        uses._time = None if item["time"] is None else datetime.fromisoformat(item["time"])
        uses._register = None if item["register"] is None else float(item["register"])
        if item["fallen"] is not None:
            uses._fallen = (datetime.fromisoformat(item["fallen"][0]), float(item["fallen"][1]))
        uses.usual_hours = float(item["usual_hours"])
        return uses


def capacity(register: float) -> float:
    """The value at which a register that shows `register` starts again, its wheels guessed from its digits."""
    return float(10 ** max(FEWEST_WHEELS, len(str(int(register)))))


def rolled_over(before: float, after: float) -> bool:
    """Whether a fall goes from the last tenth of the register to its first tenth."""
    whole = capacity(before)
    return before >= 0.9 * whole and after <= 0.1 * whole
