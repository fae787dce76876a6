"""What is new in a run of rare rows.

A person is told of the row that starts an episode, and of one that makes it much worse. And a row's score says how much
it is news: one that is hardly rarer than a row just before it is not, whether that one was told of or not.
"""

from collections.abc import Mapping
from typing import Any, Self

CALM_ROWS = 100
WORSE_DECADES = 2.0
# News is three times as rare as all rows of the same length before; what is commoner than this starts nothing.
NEWS_DECADES, LEAST_DECADES = 0.5, 2.0


class Episode:
    """The episode of one series. `alert_decades`: how rare a row must be to be told of (powers of ten)."""

    __slots__ = ("_calm_rows", "_news_peak", "_news_since", "_peak", "_since", "alert_decades")

    def __init__(self, alert_decades: float, calm_rows: int = CALM_ROWS) -> None:
        self.alert_decades = alert_decades
        self._calm_rows = calm_rows
        self._peak = 0.0
        # Rows since the last one that was told of.
        self._since = calm_rows + 1
        # The same for rows that were news.
        self._news_peak, self._news_since = 0.0, calm_rows + 1

    def observe(self, decades: float) -> tuple[bool, bool]:
        """Whether the next row, which is this rare, is news, and whether a person is told of it."""
        self._since += 1
        self._news_since += 1
        if self._news_since <= self._calm_rows and decades <= self._news_peak + NEWS_DECADES:
            return False, False
        if decades >= LEAST_DECADES:
            self._news_peak, self._news_since = decades, 0
        if decades < self.alert_decades:
            return True, False
        if self._since <= self._calm_rows and decades <= self._peak + WORSE_DECADES:
            return True, False
        self._peak, self._since = decades, 0
        return True, True

    def to_item(self) -> dict[str, Any]:
        """The state, JSON-able."""
        return {
            "alert_decades": self.alert_decades,
            "calm_rows": self._calm_rows,
            "peak": self._peak,
            "since": self._since,
            "news_peak": self._news_peak,
            "news_since": self._news_since,
        }

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """What `to_item` wrote down."""
        episode = cls(float(item["alert_decades"]), int(item["calm_rows"]))
        episode._peak, episode._since = float(item["peak"]), int(item["since"])
        episode._news_peak, episode._news_since = float(item["news_peak"]), int(item["news_since"])
        return episode
