"""A rate against the few rates before it, for meters that are read once a day or less.

The robust z of `meterflow.rate_anomaly`: distance from the median in spreads, the spread from the median absolute
deviation with a floor of 15 % of the median, wider for an interval shorter than usual (by the root of the ratio, as for
independent days). Compared are the last ten weeks and the same weeks a year ago; daily rows with their own weekday,
once there are enough of it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Any, Self

KEPT = 80
LEAST_ROWS, LEAST_DAYS = 6, 14.0
RECENT_DAYS, YEAR_DAYS, AROUND_DAYS = 70.0, 365.25, 35.0
LEAST_SHARE = 0.15
MAD_TO_DEVIATION = 1.4826
# The z at which a person is told: the score is one half there. Nothing at all is only 6.7 spreads below the usual.
ALERT_Z, ALERT_Z_BELOW = 6.0, 5.0
# Rows of a day are compared with their weekday from so many of it on.
LEAST_WEEKDAYS = LEAST_ROWS
DAILY_HOURS = 30.0
# Hours that an interval must last for its rate to mean anything here.
LEAST_HOURS = 20.0


@dataclass(frozen=True, slots=True)
class RateView:
    """`z` spreads above (below) `usual`, in units a day, judged by `compared` earlier rates."""

    z: float
    rate: float
    usual: float
    compared: int

    @property
    def score(self) -> float:
        """0 to 1, rising with the distance; 0.5 where a person is told."""
        return abs(self.z) / (abs(self.z) + (ALERT_Z if self.z > 0 else ALERT_Z_BELOW))


class Rates:
    """The newest rates of one meter: day since 1970 (with its part), days, units a day."""

    def __init__(self) -> None:
        self._kept: list[tuple[float, float, float]] = []

    def observe(self, time: datetime, used: float, hours: float) -> RateView | None:
        """The view on a use that ends at `time`, by those before; None with too little to compare. Then it is kept."""
        if hours < LEAST_HOURS:
            return None
        day, days = _day(time), hours / 24
        rate = used / days
        view = self._view(day, days, rate)
        self._kept.append((round(day, 4), round(days, 4), float(f"{rate:.7g}")))
        del self._kept[:-KEPT]
        return view

    def _view(self, day: float, days: float, rate: float) -> RateView | None:
        compared = self._compared(day, days)
        if len(compared) < LEAST_ROWS or day - compared[0][0] < LEAST_DAYS:
            return None
        rates = [each for _, _, each in compared]
        middle = median(rates)
        spread = max(MAD_TO_DEVIATION * median(abs(each - middle) for each in rates), LEAST_SHARE * middle)
        if spread <= 0:
            # Nothing was ever used here: `meter_still` speaks of that.
            return None
        short = max(1.0, median(length for _, length, _ in compared) / days) ** 0.5
        return RateView((rate - middle) / (spread * short), rate, middle, len(compared))

    def _compared(self, day: float, days: float) -> list[tuple[float, float, float]]:
        season = [
            each for each in self._kept
            if day - each[0] <= RECENT_DAYS or abs(day - each[0] - YEAR_DAYS) <= AROUND_DAYS
        ]  # fmt: skip
        if len(season) < LEAST_ROWS:
            season = self._kept
        if days * 24 > DAILY_HOURS:
            return season
        weekday = [each for each in season if int(each[0] - each[1] / 2) % 7 == int(day - days / 2) % 7]
        return weekday if len(weekday) >= LEAST_WEEKDAYS else season

    def to_item(self) -> list[list[float]]:
        """The rates, JSON-able."""
        return [list(each) for each in self._kept]

    @classmethod
    def from_item(cls, item: Any) -> Self:
        """What `to_item` wrote down."""
        rates = cls()
        rates._kept = [(float(day), float(days), float(rate)) for day, days, rate in item]
        return rates


def _day(time: datetime) -> float:
    """Days since 1970; a time without a zone is UTC."""
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() / 86_400
