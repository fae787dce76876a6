"""How far a home's own load pulls its voltage down, learned online from row to row."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

_MEMORY_S = 3 * 86400.0
_ROWS = 30
# No supply in use sags by more than this under its own load alone (EN 60725 takes 0.47 ohm as reference: 5 % at 25 A).
_MOST_DROP = 0.10


@dataclass(slots=True)
class SourceImpedance:
    """The regression of voltage steps on load steps (current, or consumption where no current is measured).

    The supply's own swings are slow, so that steps from one row to the next show the impedance; loads in amperes give
    it in ohms. `load` and `recent` are the usual load of days and of the last half hour.
    """

    both: float = 0.0
    square: float = 0.0
    rows: int = 0
    last: tuple[float, float] | None = None
    load: float = 0.0
    recent: float = 0.0

    def drop(self, load: float, usual_volts: float, recently: bool) -> float:
        """Volts (0 or less, or a little more when less than usual is drawn) that the load explains."""
        if self.rows < _ROWS or self.square <= 0.0:
            return 0.0
        ohms = max(-self.both / self.square, 0.0)
        bound = _MOST_DROP * usual_volts
        return min(max(-ohms * (load - (self.recent if recently else self.load)), -bound), bound)

    def learn(self, volts: float, load: float, seconds: float, held: bool) -> None:
        """Learn a row; a suspected one teaches nothing."""
        if held:
            self.last = None
            return
        if self.last is not None:
            keep = math.exp(-seconds / _MEMORY_S)
            step = load - self.last[1]
            self.both = keep * self.both + step * (volts - self.last[0])
            self.square = keep * self.square + step * step
        self.rows = min(self.rows + 1, 1_000_000)
        first = self.rows == 1
        self.load += (1.0 if first else max(1.0 / self.rows, 1.0 - math.exp(-seconds / _MEMORY_S))) * (load - self.load)
        self.recent += (1.0 if first else max(1.0 / self.rows, 1.0 - math.exp(-seconds / 1800.0))) * (
            load - self.recent
        )
        self.last = (volts, load)

    def to_item(self) -> dict[str, Any]:
        """The numbers as JSON."""
        return {
            "both": self.both,
            "square": self.square,
            "rows": self.rows,
            "last": None if self.last is None else list(self.last),
            "load": self.load,
            "recent": self.recent,
        }

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """The inverse of `to_item`."""
        last = item["last"]
        return cls(
            float(item["both"]),
            float(item["square"]),
            int(item["rows"]),
            None if last is None else (float(last[0]), float(last[1])),
            float(item["load"]),
            float(item["recent"]),
        )
