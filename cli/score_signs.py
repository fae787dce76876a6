"""Whether a plain series may be below zero, judged row by row from what it has shown so far.

Consumption cannot be negative: a meter's -5 is a broken row. A plain series may also be a temperature or a balance.
So it may be below zero once it has been so at its very first row, or in a tenth of its newest hundred rows; the first
few before that are refused.
"""

from collections import deque

_NEWEST = 100
_ENOUGH = 10


class Signs:
    """One series' signs so far."""

    def __init__(self) -> None:
        self._newest: deque[bool] | None = None
        self.signed = False

    def allows(self, value: float) -> bool:
        """Whether the next row may have this value."""
        if self.signed:
            return True
        negative = value < 0
        if self._newest is None:
            self._newest = deque(maxlen=_NEWEST)
            self.signed = negative
        self._newest.append(negative)
        self.signed = self.signed or (negative and sum(self._newest) >= _ENOUGH)
        return self.signed or not negative
