"""How rare is a value of a signal, by the signal's own past: its return period.

The past is kept as block maxima (one number for a block of rows), so a run of high rows counts once. When there are
`MOST_BLOCKS` of them neighbours are merged and the blocks become twice as long: the whole past stays, in 256 bytes.
Blocks start short, so that there are enough of them soon, and are merged early until they have `USUAL_BLOCK_ROWS`.
Above the upper quartile of the maxima the tail is a generalised Pareto law (peaks over threshold, Pickands 1975) with
its scale from the mean excess and its shape by moments (Hosking and Wallis 1987), shrunk towards a fixed prior because
a few dozen maxima say little about a shape.
"""

import math
from array import array
from collections.abc import Sequence
from typing import Any

from meterflow.scoring.series_state import packed, unpacked

FIRST_BLOCK_ROWS, USUAL_BLOCK_ROWS = 4, 16
MOST_BLOCKS, MOST_SHORT_BLOCKS = 64, 16
LEAST_BLOCKS = 8
LEAST_EXCEEDING = 5
PRIOR_SHAPE, PRIOR_WEIGHT = 0.2, 20
LEAST_SHAPE, MOST_SHAPE = 0.05, 0.5
# A rarity is a power of ten; more than once in 10^30 rows is not said.
MOST_DECADES = 30.0
_LOWEST = -math.inf


class Tail:
    """The upper tail of one signal: `decades` says how rare a value is, `add` learns it."""

    __slots__ = ("_blocks", "_excess", "_grain", "_peak", "_rows", "_scale", "_shape", "_silent", "_size", "threshold")

    def __init__(self, grain: float = 0.0, silent_rows: int = 0) -> None:
        """`grain`: the least scale of the tail, in the signal's unit, for one whose past may be all the same.

        For the first `silent_rows` nothing is rare.
        """
        self._grain, self._silent = grain, silent_rows
        self._size = FIRST_BLOCK_ROWS
        self._blocks = array("f")
        self._peak = _LOWEST
        self._rows = 0
        self._fit()

    def decades(self, value: float) -> float:
        """log10 of the rows among which one such `value` is expected; 0 below the tail and while it is unknown."""
        if value <= self.threshold:
            return 0.0
        over = 1.0 + self._shape * (value - self.threshold) / self._scale
        rarity = math.log10(self._size * self._excess) + math.log10(over) / self._shape
        return min(rarity, MOST_DECADES)

    def add(self, value: float) -> None:
        """Learn the next row's value."""
        if value > self._peak:
            self._peak = value
        self._rows += 1
        if self._rows < self._size:
            return
        self._blocks.append(self._peak)
        self._peak, self._rows = _LOWEST, 0
        if len(self._blocks) >= (MOST_BLOCKS if self._size >= USUAL_BLOCK_ROWS else MOST_SHORT_BLOCKS):
            pairs = zip(self._blocks[::2], self._blocks[1::2], strict=True)
            self._blocks = array("f", [max(pair) for pair in pairs])
            self._size *= 2
        self._fit()

    def _fit(self) -> None:
        """Threshold, scale, shape and how many blocks there are to one that exceeds the threshold."""
        self.threshold, self._scale, self._shape, self._excess = math.inf, 1.0, PRIOR_SHAPE, 1.0
        blocks = len(self._blocks)
        if blocks < LEAST_BLOCKS or blocks * self._size < self._silent:
            return
        ordered = sorted(self._blocks, reverse=True)
        count = max(LEAST_EXCEEDING, blocks // 4)
        threshold = ordered[count]
        excesses = [peak - threshold for peak in ordered[:count]]
        mean = sum(excesses) / count
        self._excess = blocks / count
        if mean <= 0:
            # Never any different: anything above is new, by how much cannot be said in the signal's own terms.
            self.threshold, self._scale = ordered[0], max(abs(ordered[0]) * 1e-3, 1e-9, self._grain)
            return
        variance = sum((excess - mean) ** 2 for excess in excesses) / count
        shape = 0.5 * (1.0 - mean * mean / variance) if variance > 0 else PRIOR_SHAPE
        shape = min(MOST_SHAPE, max(0.0, shape))
        weight = count / (count + PRIOR_WEIGHT)
        self._shape = max(LEAST_SHAPE, weight * shape + (1.0 - weight) * PRIOR_SHAPE)
        self.threshold, self._scale = threshold, max(mean * (1.0 - self._shape), self._grain)

    def to_item(self) -> list[Any]:
        """Block size, rows in the block that is open, its peak, the maxima, the silent rows."""
        return [self._size, self._rows, self._peak if self._rows else 0.0, packed(self._blocks), self._silent]

    @classmethod
    def from_item(cls, item: Sequence[Any], grain: float = 0.0) -> "Tail":
        """The tail that `to_item` wrote down."""
        tail = cls(grain, int(item[4]))
        tail._size, tail._rows = int(item[0]), int(item[1])
        tail._peak = float(item[2]) if tail._rows else _LOWEST
        tail._blocks = unpacked(item[3])
        tail._fit()
        return tail
