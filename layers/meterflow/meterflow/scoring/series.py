"""Anomalies of a plain series, `timestamp,value`: any unit, level, interval and shape, one row at a time.

Some thirty simple signals of a row (`series_signals`: the value, its step, how far it is off the forecast, averages of
these, how steady, how long the same) are each compared with their own past (`series_tail`): once in how many rows does
it get this large? So a series that often spikes is not told for a spike, and one that never moved is told for a small
step, with nothing set for either. What really happens shows in several signals, chance mostly in one: the row's rarity
is the mean of its four rarest, in powers of ten ("decades": 4 is once in 10,000 rows).

A row is told where its rarity is `alert_decades` or more. What follows soon is the same episode (`series_episode`),
unless it is a hundred times rarer still. The score is 0.5 at that rarity, and low for a row that says nothing new.
"""

import math
from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple, Self

from meterflow.risk import RiskLevel
from meterflow.scoring.series_episode import CALM_ROWS, Episode
from meterflow.scoring.series_season import LEVEL, WEEKLY, Season
from meterflow.scoring.series_signals import SIGNALS, STUCK, TOO_STEADY, UNSTEADY, Signals
from meterflow.scoring.series_tail import FIRST_BLOCK_ROWS, LEAST_BLOCKS, Tail
from meterflow.scoring.verdict import NORMAL, Verdict, too_little

# Once in about 6,000 rows (nine months of hourly ones), and no oftener than once in three weeks where rows come faster
# than every five minutes: what a person can be asked to look at does not grow with the rows.
ALERT_DECADES = 3.8
ALERT_SECONDS = 21 * 86_400.0
# An episode is held together for 100 rows and for eight hours.
CALM_SECONDS = 8 * 3600.0
SIGNALS_TOGETHER = 4
# After another forecast took over, what is off it says nothing for so many rows.
SETTLING_ROWS = 100
OLD_NEWS_SCORE = 1 / 3
WARM_UP_ROWS = 20
# Seconds between rows that all have one time: any will do, they have no day.
UNKNOWN_INTERVAL = 300.0
LEAST_ROWS = WARM_UP_ROWS + FIRST_BLOCK_ROWS * LEAST_BLOCKS
# Beyond this many of the series' own units a value is only "enormous": 32-bit state must hold its square.
MOST_UNITS = 1e18
STATE_VERSION = 3


def oddness_level(score: float) -> RiskLevel:
    """The level of a row that is odd without a known cause: MEDIUM from the alert on, HIGH where it is twice as rare
    in decades. Never CRITICAL: nothing says that anything is being lost."""
    return "HIGH" if score > 2 / 3 else "MEDIUM" if score >= 0.5 else "LOW"


class SeriesRow(NamedTuple):
    """One row: when, and a finite number in any unit."""

    timestamp: datetime
    value: float


class SeriesScorer:
    """The detector of one series. Rows come in time order; duplicate times are scored too."""

    def __init__(self, alert_decades: float = ALERT_DECADES) -> None:
        self._episode = Episode(alert_decades, CALM_ROWS)
        self._warm_up: list[tuple[datetime, float]] = []
        self._centre = self._unit = 0.0
        self._signals: Signals | None = None
        self._tails = [Tail(signal.grain) for signal in SIGNALS]
        self._rows = 0
        # How rare the row observed last is, in powers of ten; 0 while nothing is known.
        self.decades = 0.0

    def observe(self, row: tuple[datetime, float]) -> Verdict:
        """The verdict on `row` by what came before it; then it is learned."""
        time, value = row
        self._rows += 1
        if self._signals is None:
            self._warm_up.append((time, value))
            if len(self._warm_up) == WARM_UP_ROWS:
                self._start()
            return self._too_little()
        values = self._signals.observe(time, self._in_units(value))
        decades, kind = self._rarity(self._signals, values)
        if self._rows <= LEAST_ROWS:
            return self._too_little()
        self.decades = decades
        news, alert = self._episode.observe(decades)
        score = decades / (decades + self._episode.alert_decades)
        if not news:
            score = min(score, OLD_NEWS_SCORE)
        if decades < self._episode.alert_decades:
            return Verdict(score, {}, oddness_level(score), alert=False, kind=NORMAL, reason="As before.")
        reason = self._explain(time, value, kind, decades, self._signals)
        return Verdict(score, {}, oddness_level(score), alert, kind, reason)

    def _start(self) -> None:
        """Take centre, unit and interval from the first rows, and learn from them."""
        times = [time for time, _ in self._warm_up]
        gaps = sorted((later - earlier).total_seconds() for earlier, later in pairwise(times) if later > earlier)
        interval = max(1.0, gaps[len(gaps) // 2]) if gaps else UNKNOWN_INTERVAL
        least = max(self._episode.alert_decades, math.log10(ALERT_SECONDS / interval))
        self._episode = Episode(least, max(CALM_ROWS, round(CALM_SECONDS / interval)))
        values = sorted(value for _, value in self._warm_up)
        self._centre = values[WARM_UP_ROWS // 2]
        self._unit = math.fsum(abs(value - self._centre) / WARM_UP_ROWS for value in values)
        last = self._in_units(self._warm_up[-1][1])
        self._signals = Signals(Season(interval, 0.0), last, 1.0 if self._unit else 0.0)
        self._warm_up = []

    def _in_units(self, value: float) -> float:
        """`value` off the centre in the series' unit; a flat start takes its first change for the unit."""
        off = value - self._centre
        if self._unit == 0.0 and off != 0.0:
            self._unit = abs(off)
        if self._unit == 0.0:
            return 0.0
        return max(-MOST_UNITS, min(MOST_UNITS, off / self._unit))

    def _rarity(self, signals: Signals, values: list[float]) -> tuple[float, str]:
        """The mean decades of the rarest signals and the kind of the rarest; all are learned."""
        rarest: list[tuple[float, str]] = []
        for tail, value, signal in zip(self._tails, values, SIGNALS, strict=True):
            if value > tail.threshold:
                rarest.append((tail.decades(value), signal.kind))
            tail.add(value)
        if signals.new_forecast:
            for index, signal in enumerate(SIGNALS):
                if signal.forecast:
                    self._tails[index] = Tail(signal.grain, SETTLING_ROWS)
        if not rarest:
            return 0.0, NORMAL
        rarest.sort(reverse=True)
        return sum(decades for decades, _ in rarest[:SIGNALS_TOGETHER]) / SIGNALS_TOGETHER, rarest[0][1]

    def _too_little(self) -> Verdict:
        return too_little(f"{self._rows} rows so far, {LEAST_ROWS + 1} are needed.")

    def _explain(self, time: datetime, value: float, kind: str, decades: float, signals: Signals) -> str:
        """One sentence that names the reading, the time, what was expected and how rare this is."""
        season = signals.season
        expected = self._centre + season.expected * self._unit
        basis = {LEVEL: "the level", WEEKLY: "this hour of the week"}.get(season.choice, "this time of day")
        what = {
            STUCK: f"{value:.6g} for {signals.same + 1} rows without a change",
            UNSTEADY: f"{value:.6g} and the rows before it vary more than usual",
            TOO_STEADY: f"{value:.6g} and the rows before it vary less than usual",
        }.get(kind, f"{value:.6g} where {expected:.6g} is usual for {basis}")
        return f"{what} ({time:%Y-%m-%d %H:%M}): once in {10 ** min(decades, 9):,.0f} rows or rarer."

    def to_item(self) -> dict[str, Any]:
        """The state, JSON-able, under 30 kB."""
        return {
            "version": STATE_VERSION,
            "episode": self._episode.to_item(),
            "warm_up": [[time.isoformat(), value] for time, value in self._warm_up],
            "centre": self._centre,
            "unit": self._unit,
            "signals": None if self._signals is None else self._signals.to_item(),
            "tails": [tail.to_item() for tail in self._tails],
            "rows": self._rows,
        }

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """The scorer that `to_item` wrote down; ValueError where another version wrote it."""
        if item.get("version") != STATE_VERSION:
            raise ValueError(f"state of version {item.get('version')}, not {STATE_VERSION}")
        scorer = cls()
        scorer._episode = Episode.from_item(item["episode"])
        scorer._warm_up = [(datetime.fromisoformat(time), float(value)) for time, value in item["warm_up"]]
        scorer._centre, scorer._unit = float(item["centre"]), float(item["unit"])
        scorer._signals = None if item["signals"] is None else Signals.from_item(item["signals"])
        scorer._tails = [Tail.from_item(tail, each.grain) for tail, each in zip(item["tails"], SIGNALS, strict=True)]
        scorer._rows = int(item["rows"])
        return scorer
