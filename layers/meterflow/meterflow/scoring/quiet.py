"""What a signal is like while nothing happens: its level and spread, learned online in the signal's own units."""

import math
from dataclasses import dataclass
from typing import Any, Self

# Rows from which on the spread is believed; before that every row is learned alike.
WARM_ROWS = 5
# While an event is suspected, learning is this many times slower: a fire must not become usual while it burns.
_HELD = 40.0
# A row moves level and spread by no more than this many spreads: one wild row teaches little.
_CLIP = 3.0


@dataclass(slots=True)
class Quiet:
    """An exponentially weighted level and mean absolute deviation (`spread`), with a memory in seconds.

    Until a memory's worth of rows is in, all rows weigh alike. `rows` counts up to a million and then stays.
    """

    level: float = 0.0
    spread: float = 0.0
    rows: int = 0

    def learn(self, value: float, seconds: float, memory_s: float, held: bool = False) -> None:
        """Learn from a row that came `seconds` after the one before; `held` while an event is suspected."""
        if self.rows == 0:
            self.level, self.rows = value, 1
            return
        weight = max(1.0 / (self.rows + 1), 1.0 - math.exp(-max(seconds, 0.0) / memory_s))
        step = value - self.level
        if self.rows >= WARM_ROWS:
            bound = _CLIP * max(self.spread, 1e-9 + 1e-3 * abs(self.level))
            step = min(max(step, -bound), bound)
            if held:
                weight /= _HELD
        self.level += weight * step
        self.spread += weight * (abs(step) - self.spread)
        self.rows = min(self.rows + 1, 1_000_000)

    def sigma(self, least: float) -> float:
        """The spread as a standard deviation (a normal's is 1.2533 mean absolute deviations), at least `least`."""
        return max(1.2533 * self.spread, least)

    def to_item(self) -> list[float]:
        """The three numbers."""
        return [self.level, self.spread, self.rows]

    @classmethod
    def from_item(cls, item: Any) -> Self:
        """The inverse of `to_item`."""
        level, spread, rows = item
        return cls(float(level), float(spread), int(rows))
