"""The band in which a signal has stayed: its usual level, spread, and slowly fading lowest and highest values."""

import math
from dataclasses import dataclass, field
from typing import Any, Self

from meterflow.scoring.quiet import Quiet

# Lowest and highest fade towards the level with this half-life: a season changes what is usual.
_MARK_HALF_LIFE_S = 30 * 86400.0


@dataclass(slots=True)
class Band:
    """A `Quiet` level with the lowest and highest value seen."""

    quiet: Quiet = field(default_factory=Quiet)
    low: float = math.inf
    high: float = -math.inf

    def beyond(self, value: float) -> float:
        """How far `value` lies outside what has been seen: below 0 under it, above 0 over it, 0 within."""
        if value < self.low:
            return value - self.low
        return max(value - self.high, 0.0) if self.quiet.rows else 0.0

    def learn(self, value: float, seconds: float, memory_s: float, held: bool = False) -> None:
        """Learn a row; while `held` the marks stay and the level nearly so."""
        self.quiet.learn(value, seconds, memory_s, held)
        if held:
            return
        fading = 1.0 - 0.5 ** (max(seconds, 0.0) / _MARK_HALF_LIFE_S)
        if self.low < math.inf:
            self.low += fading * (self.quiet.level - self.low)
            self.high += fading * (self.quiet.level - self.high)
        self.low, self.high = min(self.low, value), max(self.high, value)

    def to_item(self) -> list[Any]:
        """The numbers; no marks before the first row (JSON has no infinity)."""
        return [*self.quiet.to_item(), *([self.low, self.high] if self.low < math.inf else [])]

    @classmethod
    def from_item(cls, item: Any) -> Self:
        """The inverse of `to_item`."""
        band = cls(Quiet.from_item(item[:3]))
        if len(item) > 3:
            band.low, band.high = float(item[3]), float(item[4])
        return band
