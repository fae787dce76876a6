"""When a person is told of a leak or a burst: once an episode, and at most once a week for one meter."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

# After an alarm a meter is not told of again for so long: what an alarm a week of the budget rests on.
CALM = timedelta(days=7)
# An episode is over when its evidence has fallen below this share of the threshold.
OVER = 1 / 3


@dataclass(slots=True)
class Episode:
    """Whether an episode is open, and when the last one was told."""

    told_at: datetime | None = None
    open: bool = False

    def tell(self, now: datetime, score: float, alarm_at: float) -> bool:
        """Whether a person is told now. An episode that begins in the calm after another is told at the calm's end."""
        if score < alarm_at:
            if score < alarm_at * OVER:
                self.open = False
            return False
        if self.open or (self.told_at is not None and now - self.told_at < CALM):
            return False
        self.open, self.told_at = True, now
        return True

    def to_item(self) -> dict[str, Any]:
        return {"told_at": None if self.told_at is None else self.told_at.isoformat(), "open": self.open}

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        told = item["told_at"]
        return cls(None if told is None else datetime.fromisoformat(told), bool(item["open"]))
