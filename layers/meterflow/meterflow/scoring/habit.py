"""What a meter's hours usually look like: a distribution of consumption by hour of the day, forgotten slowly.

Values are counted in bins of the meter's own unit: its smallest step, or a thirtieth of its mean hour where the step is
finer. Bins are one unit wide at first and then grow by a third, so that 24 short rows hold litres and cubic metres
alike. Densities are for one hour of the day, mixed with its neighbours, with the whole day and with a broad tail, so
that one unseen value is never proof of anything.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Self

HOURS = 24
# Edges in units: 0 | 1 | 2 | 3 | 4 | then by a third up to about 3,000 units.
GROWTH = 4 / 3
FORGET_DAYS = 75.0
# What the density is mixed of: this hour and its neighbours, the whole day, and the broad tail.
NEIGHBOURS = ((-1, 0.25), (0, 0.5), (1, 0.25))
WHOLE_DAY = 0.3
BROAD = 0.04
# A meter's unit is at least this share of its mean hour.
FINEST = 1 / 30
# Steps smaller than this share of the mean are float noise, not a step.
NOISE = 1e-5


def _edges() -> tuple[float, ...]:
    edges, width = [0.5, 1.5, 2.5, 3.5], 1.0
    while edges[-1] < 3000:
        width *= GROWTH
        edges.append(edges[-1] + round(width))
    return tuple(edges)


EDGES = _edges()
BINS = len(EDGES) + 1
WIDTHS = (1.0, *(upper - lower for lower, upper in pairwise(EDGES)), EDGES[-1])
MIDDLES = (0.0, *((lower + upper) / 2 for lower, upper in pairwise(EDGES)), EDGES[-1])


def bin_of(units: float) -> int:
    """The bin of a consumption in units; negative ones fall into the first."""
    return bisect_right(EDGES, units)


def unit_of(values: Sequence[float]) -> float | None:
    """The unit in which to count `values` (consumption of frames), or None where all are zero.

    The smallest step between different values, if it is no finer than a thirtieth of the mean.
    """
    positive = sorted({value for value in values if value > 0})
    if not positive:
        return None
    mean = sum(values) / len(values)
    steps = [upper - lower for lower, upper in zip([0.0, *positive], positive, strict=False)]
    least = min((step for step in steps if step > NOISE * positive[-1]), default=positive[0])
    return max(least, mean * FINEST)


class Habit:
    """The distribution by hour of the day, in `unit`."""

    def __init__(self, unit: float) -> None:
        self.unit = unit
        self._counts: list[dict[int, float]] = [{} for _ in range(HOURS)]
        # Learned today: hour, bin, weight. Counted from the next day on, so that densities hold for a day.
        self._today: list[tuple[int, int, float]] = []
        self._cached: dict[int, list[float]] = {}
        self._all_day: list[float] = []

    def learn(self, hour: int, used: float, weight: float = 1.0) -> None:
        """Learns one frame of about one usual length; it counts from the next day on."""
        self._today.append((hour, bin_of(used / self.unit), weight))

    def new_day(self, days: float = 1.0) -> None:
        """Forgets a little, and counts what was learned since the last call."""
        for hour, index, weight in self._today:
            row = self._counts[hour]
            row[index] = round(row.get(index, 0.0) + weight, 3)
        self._today = []
        keep = 0.5 ** (days / FORGET_DAYS)
        self._counts = [
            {index: left for index, count in row.items() if (left := round(count * keep, 3)) > 0.01}
            for row in self._counts
        ]
        self._cached.clear()
        self._all_day = []

    def recount(self, unit: float) -> None:
        """Counts in another unit from now on: the first days had shown another step than the meter has."""
        factor = self.unit / unit
        again: list[dict[int, float]] = []
        for row in self._counts:
            moved: dict[int, float] = {}
            for index, count in row.items():
                new = bin_of(MIDDLES[index] * factor)
                moved[new] = round(moved.get(new, 0.0) + count, 3)
            again.append(moved)
        self._today = [(hour, bin_of(MIDDLES[index] * factor), weight) for hour, index, weight in self._today]
        self._counts, self.unit = again, unit
        self.new_day(0.0)

    def densities(self, hour: int) -> list[float]:
        """Probability a unit of consumption in each bin, at this hour of the day."""
        if hour not in self._cached:
            self._cached[hour] = self._mixed(hour)
        return self._cached[hour]

    def share_at_zero(self) -> float:
        """The share of frames at zero, over the whole day; 0 for nothing learned."""
        pooled = self._pooled()
        total = sum(pooled)
        return pooled[0] / total if total else 0.0

    def quantile(self, share: float) -> float:
        """Consumption below which `share` of all frames lie, in the meter's unit (a bin's lower end)."""
        pooled = self._pooled()
        left = share * sum(pooled)
        for index, count in enumerate(pooled):
            left -= count
            if left <= 0 and count > 0:
                return 0.0 if index == 0 else (EDGES[index - 1] + 0.5) * self.unit
        return 0.0

    def mean(self) -> float:
        """The mean consumption of a frame, in the meter's unit."""
        pooled = self._pooled()
        total = sum(pooled)
        return self.unit * sum(count * MIDDLES[index] for index, count in enumerate(pooled)) / total if total else 0.0

    def share_below(self, used: float) -> float:
        """The share of all frames in the bins up to that of `used` (in the meter's unit)."""
        pooled, last = self._pooled(), bin_of(used / self.unit)
        total = sum(pooled)
        return sum(pooled[: last + 1]) / total if total else 0.0

    def weight(self) -> float:
        """How many frames it remembers."""
        return sum(self._pooled())

    def _pooled(self) -> list[float]:
        if not self._all_day:
            pooled = [0.0] * BINS
            for row in self._counts:
                for index, count in row.items():
                    pooled[index] += count
            self._all_day = pooled
        return self._all_day

    def _mixed(self, hour: int) -> list[float]:
        near = [0.0] * BINS
        for offset, share in NEIGHBOURS:
            for index, count in self._counts[(hour + offset) % HOURS].items():
                near[index] += share * count
        pooled = self._pooled()
        total_near, total = sum(near), sum(pooled)
        own = (1 - WHOLE_DAY) if total_near else 0.0
        shares = [
            own * (near[index] / total_near if total_near else 0.0)
            + (1 - own) * (pooled[index] / total if total else 1 / BINS)
            for index in range(BINS)
        ]
        return [((1 - BROAD) * share + BROAD / BINS) / WIDTHS[index] for index, share in enumerate(shares)]

    def to_item(self) -> dict[str, Any]:
        return {
            "unit": self.unit,
            "today": [list(each) for each in self._today],
            "counts": [{str(index): count for index, count in row.items()} for row in self._counts],
        }

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        habit = cls(float(item["unit"]))
        habit._counts = [{int(index): float(count) for index, count in row.items()} for row in item["counts"]]
        habit._today = [(int(hour), int(index), float(weight)) for hour, index, weight in item["today"]]
        return habit
