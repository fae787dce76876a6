"""A meter that does not move, and one that moves although nobody is there.

Two runs are watched: hours without any use, and rows with the very same use above zero (a transmitter that repeats
itself). Each is compared with the longest one that this meter had before, forgotten slowly: a holiday home may rest for
weeks, a shop's cellar never for a day. Use after a long rest, or in premises that are known to be vacant, is told too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

# A rest this many times the longest before, and at least so many hours, is a stuck meter.
LONGER_BY = 3.0
LEAST_STILL_HOURS = 96.0
# The same for equal rows: so many rows, and so many times as many as ever before.
LEAST_EQUAL_ROWS = 24
# Hours and rows of a meter's life before anything is said.
LEAST_HOURS, LEAST_ROWS = 14 * 24.0, 8
# After so many hours without use a premise counts as vacant.
VACANT_HOURS = 30 * 24.0
# The longest rest is forgotten by half in about so many hours of use.
FORGET_HOURS = 180 * 24.0

StillKind = Literal["stuck", "vacant_use"]


@dataclass(frozen=True, slots=True)
class Still:
    """What is odd: `score` 0.5 where a person is told, rising with the length; `hours` and `longest` for the words.

    `starts`: a person would be told now, as the run begins to be odd and again each time it is twice as long.
    """

    kind: StillKind
    score: float
    starts: bool
    hours: float
    longest: float
    equal_rows: int


class Stillness:
    """The runs of one meter. Its state is a few numbers."""

    def __init__(self, vacant: bool = False) -> None:
        self._vacant = vacant
        self._hours = self._still = self._longest = self._told = 0.0
        self._rows = self._equal = self._most_equal = 0
        self._last: float | None = None

    def observe(self, used: float, hours: float) -> Still | None:
        """What a use of `used` over `hours` adds; None where nothing is odd."""
        self._hours += hours
        self._rows += 1
        if used > 0:
            return self._moved(used, hours)
        self._end_of_equals()
        self._still += hours
        if self._vacant or self._hours < LEAST_HOURS or self._rows < LEAST_ROWS:
            return None
        usual = self._longest if self._longest else hours
        most = max(LEAST_STILL_HOURS, LONGER_BY * usual)
        # A meter that has never moved is not in use; that is not for this rule.
        if self._still <= most or self._still >= self._hours:
            return None
        score = self._still / (self._still + most)
        return Still("stuck", score, self._news(self._still), self._still, self._longest, 0)

    def _moved(self, used: float, hours: float) -> Still | None:
        rested, longest = self._still, self._longest
        if rested:
            self._told = 0.0
        self._still = 0.0
        self._longest = max(rested, longest * 0.5 ** (hours / FORGET_HOURS))
        if self._vacant or rested >= VACANT_HOURS:
            return Still("vacant_use", 0.6, True, rested, longest, 0)
        return self._repeats(used)

    def _repeats(self, used: float) -> Still | None:
        if used == self._last:
            self._equal += 1
        else:
            self._end_of_equals()
            self._equal, self._last = 1, used
        most = max(LEAST_EQUAL_ROWS, LONGER_BY * self._most_equal)
        if self._rows < 2 * LEAST_EQUAL_ROWS or self._equal <= most or self._equal >= self._rows:
            return None
        score = self._equal / (self._equal + most)
        return Still("stuck", score, self._news(float(self._equal)), 0.0, 0.0, self._equal)

    def _news(self, length: float) -> bool:
        if length < 2 * self._told:
            return False
        self._told = length
        return True

    def _end_of_equals(self) -> None:
        if self._equal:
            self._told = 0.0
        self._most_equal = max(self._most_equal, self._equal)
        self._equal, self._last = 0, None

    def to_item(self) -> dict[str, Any]:
        """The state, JSON-able."""
        return {
            "vacant": self._vacant, "hours": self._hours, "still": self._still, "longest": self._longest,
            "rows": self._rows, "equal": self._equal, "most_equal": self._most_equal, "last": self._last,
            "told": self._told,
        }  # fmt: skip

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """What `to_item` wrote down."""
        still = cls(bool(item["vacant"]))
        still._hours, still._still, still._longest = float(item["hours"]), float(item["still"]), float(item["longest"])
        still._rows, still._equal, still._most_equal = int(item["rows"]), int(item["equal"]), int(item["most_equal"])
        still._told = float(item["told"])
        still._last = None if item["last"] is None else float(item["last"])
        return still
