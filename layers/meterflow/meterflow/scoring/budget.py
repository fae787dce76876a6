"""The false-alarm budget: the operator says at most N alarms a week for a fleet, and the fleet's own history answers.

Split-conformal calibration with the week of one meter as the unit. Every meter's quiet history gives one peak a week
(`weekly_peaks`): the highest score of an episode that began in it. A threshold alarms a meter-week if its peak reaches
it. The threshold is the lowest one whose bound on that rate is within N / (meters):

- each meter weighs the same, however long its history (Dunn, Wasserman and Ramdas, "Distribution-free prediction sets
  for two-layer hierarchical models", JASA 118, 2023);
- weeks of one home are alike, so they are counted in blocks of four weeks, and the finite-sample correction is that of
  the number of blocks: (blocks x rate + 1) / (blocks + 1) (Vovk, Gammerman and Shafer, 2005; Angelopoulos and others,
  "Conformal risk control", ICLR 2024);
- homes differ, and a small sample of them may lack the restless ones: the rate plus one standard error between homes
  must be within the budget too. Both margins vanish as the fleet grows.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf, sqrt
from typing import Any, Self

WEEK = timedelta(days=7)
BLOCK_WEEKS = 4
# Standard errors between homes that are added to the rate.
MARGIN = 1.0
# The newest weeks that a meter's own tracker keeps: a year.
KEPT_WEEKS = 53
# An episode lasts while the score is at or above this.
QUIET_BELOW = 4.5
# Each "normal for me" raises the meter's own threshold by this factor, up to the most.
FORGIVES = 1.25
FORGIVES_MOST = 2.0


@dataclass(frozen=True, slots=True)
class Threshold:
    """A score from which on a person is told.

    `expected` alarms a week are what the history had at this threshold, for the whole fleet; `promised` what was asked.
    `kept` is false where the history is too short to promise so little: then `value` lies just above all of it.
    """

    value: float
    promised: float
    expected: float
    kept: bool
    meters: int
    weeks: int


class Budget:
    """At most `alarms_a_week` in a fleet of `meters`."""

    def __init__(self, alarms_a_week: float, meters: int) -> None:
        if alarms_a_week <= 0 or meters < 1:
            raise ValueError("a budget needs more than no alarms a week and at least one meter")
        self.alarms_a_week = alarms_a_week
        self.meters = meters
        self._peaks: list[list[float]] = []
        self._forgiven: dict[str, int] = {}

    @property
    def rate(self) -> float:
        """The alarms that one meter may raise in a week."""
        return self.alarms_a_week / self.meters

    def calibrate(self, peaks: Mapping[str, Sequence[float]]) -> Threshold:
        """The threshold from each meter's weekly peaks. Weeks with a confirmed leak are the caller's to leave out.

        Raises ValueError where no meter has a week.
        """
        self._peaks = [sorted(weeks) for weeks in peaks.values() if weeks]
        if not self._peaks:
            raise ValueError("no meter has a week of history to calibrate on")
        candidates = sorted({peak for weeks in self._peaks for peak in weeks if peak > 0})
        low, high = 0, len(candidates)
        while low < high:
            middle = (low + high) // 2
            if self._bound(candidates[middle]) <= self.rate:
                high = middle
            else:
                low = middle + 1
        above = (candidates[-1] if candidates else 0.0) * 1.001 + 1e-9
        value = candidates[low] if low < len(candidates) else above
        return Threshold(
            value=value,
            promised=self.alarms_a_week,
            expected=self._reached(value) * self.meters,
            kept=self._bound(value) <= self.rate,
            meters=len(self._peaks),
            weeks=sum(map(len, self._peaks)),
        )

    def p_value(self, score: float) -> float:
        """How rare a week with a peak of `score` or more is in the quiet history, never below 1 / (blocks + 1).

        1 before any calibration: nothing is rare yet.
        """
        if not self._peaks:
            return 1.0
        blocks = self._blocks()
        return (blocks * self._reached(score) + 1) / (blocks + 1)

    def normal_for(self, meter: str) -> None:
        """A person says that this meter's alarm was normal for it."""
        self._forgiven[meter] = self._forgiven.get(meter, 0) + 1

    def threshold_for(self, meter: str, threshold: float) -> float:
        """The meter's own threshold, from the fleet's."""
        return threshold * min(FORGIVES_MOST, FORGIVES ** self._forgiven.get(meter, 0))

    def _reached(self, score: float) -> float:
        """The share of weeks whose peak reaches `score`, each meter weighing the same."""
        return sum(_share(weeks, score) for weeks in self._peaks) / len(self._peaks)

    def _blocks(self) -> int:
        return sum(max(1, len(weeks) // BLOCK_WEEKS) for weeks in self._peaks)

    def _bound(self, score: float) -> float:
        """The rate of alarms a meter-week that the history allows to be promised at this threshold."""
        homes, rate, blocks = len(self._peaks), self._reached(score), self._blocks()
        corrected = (blocks * rate + 1) / (blocks + 1)
        if homes < 2:
            return inf if rate > 0 else corrected
        variance = sum((_share(weeks, score) - rate) ** 2 for weeks in self._peaks) / (homes - 1)
        return max(corrected, rate + MARGIN * sqrt(variance / homes))

    def to_item(self) -> dict[str, Any]:
        return {
            "alarms_a_week": self.alarms_a_week, "meters": self.meters,
            "peaks": self._peaks, "forgiven": dict(self._forgiven),
        }  # fmt: skip

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        budget = cls(float(item["alarms_a_week"]), int(item["meters"]))
        budget._peaks = [[float(peak) for peak in weeks] for weeks in item["peaks"]]
        budget._forgiven = {str(meter): int(times) for meter, times in item["forgiven"].items()}
        return budget


@dataclass(slots=True)
class Peaks:
    """Collects one meter's weekly peaks online, in a state of a few numbers and the newest weeks.

    An episode's peak counts in the week in which it began, however long it lasts: it is told once.
    """

    first: str = ""
    week: int = -1
    peaks: list[float] | None = None
    began: int = -1

    def observe(self, at: datetime, score: float) -> None:
        """Takes one score, in time order."""
        if self.peaks is None:
            self.peaks, self.first = [], at.isoformat()
        week = (at - datetime.fromisoformat(self.first)) // WEEK
        while self.week < week:
            self.week += 1
            self.peaks.append(0.0)
        if score < QUIET_BELOW:
            self.began = -1
        elif self.began < 0:
            self.began = week
        counted = week if self.began < 0 else self.began
        back = self.week - counted
        if back < len(self.peaks):
            self.peaks[-1 - back] = max(self.peaks[-1 - back], score)
        del self.peaks[:-KEPT_WEEKS]

    def finished(self) -> list[float]:
        """The peaks of the weeks that are over, oldest first."""
        return list((self.peaks or [])[:-1])

    def to_item(self) -> dict[str, Any]:
        return {"first": self.first, "week": self.week, "peaks": self.peaks, "began": self.began}

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        peaks = None if item["peaks"] is None else [float(peak) for peak in item["peaks"]]
        return cls(str(item["first"]), int(item["week"]), peaks, int(item["began"]))


def weekly_peaks(scores: Iterable[tuple[datetime, float]]) -> list[float]:
    """The newest year of weekly peaks of one meter, from its scores in time order; an unfinished week is left out."""
    tracker = Peaks()
    for at, score in scores:
        tracker.observe(at, score)
    return tracker.finished()


def _share(ordered: Sequence[float], score: float) -> float:
    """The share of `ordered` (ascending) at or above `score`."""
    return (len(ordered) - bisect_left(ordered, score)) / len(ordered)
