"""The signals of one row: simple numbers, each of which is large when one kind of odd thing happens.

All are in the series' own centred unit or in logarithms, so nothing depends on the series' unit, level or interval.
Averages are exponential over 6, 24, 96 and 288 rows. `+` is the upper side and `-` the lower side of the same number:
how rare each is, `meterflow.scoring.series_tail` learns from the series' past.
"""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from meterflow.scoring.series_season import Season

SPANS = (6, 24, 96, 288)
SPIKE, DROP, LEVEL_SHIFT, UNUSUAL_PATTERN = "spike", "drop", "level_shift", "unusual_pattern"
UNSTEADY, TOO_STEADY, STUCK = "unsteady", "too_steady", "stuck"


class Signal(NamedTuple):
    """What one signal means: the kind it is told as, the least scale of its tail, whether a forecast is in it."""

    kind: str
    grain: float = 0.0
    forecast: bool = False


_BOTH_SIDES = (Signal(SPIKE), Signal(DROP))
_OFF = (Signal(UNUSUAL_PATTERN, forecast=True),) * 2
# In the order of `Signals.observe`.
SIGNALS: tuple[Signal, ...] = (
    *_BOTH_SIDES,  # the value
    *_BOTH_SIDES,  # its step from the rows just before
    *_OFF,  # off the forecast, in usual errors
    *_OFF,  # off the forecast, in usual errors at this time of day
    *((Signal(LEVEL_SHIFT),) * 2 * len(SPANS)),  # averages of the value
    *(_OFF * len(SPANS)),  # averages of what is off the forecast
    *((Signal(UNSTEADY, 0.05), Signal(TOO_STEADY, 0.05)) * len(SPANS)),  # averages of the step's size
    Signal(STUCK, 0.1),  # how many rows without a change
)
# A forecast with no error yet is off by this much at least, in the series' unit.
LEAST_ERROR = 1e-6
# The share of the usual step below which a step's size does not matter: a floor under the logarithm.
STEP_FLOOR = 1e-3
STEP_ROWS = 288


class Signals:
    """Turns rows into signals, online."""

    def __init__(self, season: Season, value: float, deviation: float) -> None:
        self.season = season
        # Whether another forecast speaks from the next row on.
        self.new_forecast = False
        self._fast = self._before = value
        self._usual_step = deviation
        self._levels = [value] * len(SPANS)
        self._offs = [0.0] * len(SPANS)
        self._steps = [deviation] * len(SPANS)
        self.same = 0

    def observe(self, time: datetime, value: float) -> list[float]:
        """The signals of a row, in the order of `SIGNALS`; then the row is learned."""
        season = self.season
        believed = season.choice
        season.observe(time, value)
        off = value - season.expected
        usual = off / max(season.usual_error, LEAST_ERROR)
        local = off / max(season.error_now, LEAST_ERROR)
        step = value - self._fast
        signals = [value, -value, step, -step, usual, -usual, local, -local]
        for averages, number in ((self._levels, value), (self._offs, usual)):
            for index, span in enumerate(SPANS):
                averages[index] += (number - averages[index]) / span
                signals += (averages[index], -averages[index])
        size = abs(step)
        floor = STEP_FLOOR * self._usual_step + 1e-30
        for index, span in enumerate(SPANS):
            self._steps[index] += (size - self._steps[index]) / span
            spread = math.log(self._steps[index] + floor)
            signals += (spread, -spread)
        self.same = self.same + 1 if value == self._before else 0
        signals.append(math.log1p(self.same))
        self._before = value
        self._fast += 0.5 * step
        self._usual_step += (size - self._usual_step) / STEP_ROWS
        self.new_forecast = season.choice != believed
        if self.new_forecast:
            self._offs = [0.0] * len(SPANS)
        return signals

    def to_item(self) -> dict[str, Any]:
        """The state, JSON-able."""
        return {
            "season": self.season.to_item(),
            "fast": self._fast,
            "before": self._before,
            "usual_step": self._usual_step,
            "levels": list(self._levels),
            "offs": list(self._offs),
            "steps": list(self._steps),
            "same": self.same,
        }

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> "Signals":
        """The signals that `to_item` wrote down."""
        signals = cls(Season.from_item(item["season"]), float(item["before"]), 0.0)
        signals._fast, signals._usual_step = float(item["fast"]), float(item["usual_step"])
        signals._levels = [float(each) for each in item["levels"]]
        signals._offs = [float(each) for each in item["offs"]]
        signals._steps = [float(each) for each in item["steps"]]
        signals.same = int(item["same"])
        return signals
