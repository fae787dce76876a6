"""A home's own habits: what its hours of the week use, and what is always on."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from meterflow.scoring.quiet import Quiet

_DAY_S = 86400.0
# The hours of a profile change with the season.
_MEMORY_S = 21 * _DAY_S
_LEAST_ROWS = 3
_STANDBY_DAYS = 14
# Seconds of too little standby are forgotten by this memory.
_STANDBY_MEMORY_S = 6 * 3600.0
# A day counts for the standby when so many of its hours were seen.
_DAY_HOURS = 12


@dataclass(slots=True)
class HomeProfile:
    """Hour by hour of weekdays and weekends (UTC), the lowest consumption of each of the last days."""

    hours: dict[str, Quiet] = field(default_factory=dict)  # mean of an hour, by weekday or weekend and hour
    hour: list[float] = field(default_factory=list)  # [hour number, sum, rows, lowest] of the hour under way
    day: list[float] = field(default_factory=list)  # [day number, lowest, hours]
    standby: list[float] = field(default_factory=list)  # the lowest consumption of each of the last days
    below_standby_s: float = 0.0  # for how long consumption has lately been below what is always on
    off_profile: float = 0.0  # standard deviations from the profile, averaged over about a day

    def follow_standby(self, consumption: float, seconds: float, share: float) -> None:
        """Add up for how long consumption has been below `share` of the lowest of the last days; forget by and by."""
        self.below_standby_s *= math.exp(-seconds / _STANDBY_MEMORY_S)
        if len(self.standby) >= 2 and consumption < share * min(self.standby):
            self.below_standby_s += seconds

    def sigmas(self, when: datetime, consumption: float, typical: float) -> float | None:
        """Standard deviations from the hour's usual level; None while that is unknown."""
        usual = self.hours.get(slot(math.floor(when.timestamp() / 3600.0)))
        if usual is None or usual.rows < _LEAST_ROWS:
            return None
        return (consumption - usual.level) / _sigma(usual, typical)

    def learn(self, at: float, consumption: float, typical: float) -> None:
        """Take a row in; `typical` is the device's usual consumption at any hour."""
        number = math.floor(at / 3600.0)
        if self.hour and self.hour[0] == number:
            self.hour = [number, self.hour[1] + consumption, self.hour[2] + 1, min(self.hour[3], consumption)]
            return
        if self.hour:
            self._close_hour(typical)
        self.hour = [number, consumption, 1, consumption]

    def _close_hour(self, typical: float) -> None:
        """The hour is over: compare its mean with the profile, then learn it; the day's lowest likewise."""
        number, total, rows, lowest = self.hour
        mean = total / rows
        usual = self.hours.setdefault(slot(int(number)), Quiet())
        if usual.rows >= _LEAST_ROWS:
            sigmas = (mean - usual.level) / _sigma(usual, typical)
            self.off_profile += (min(max(sigmas, -6.0), 6.0) - self.off_profile) / 24.0
        usual.learn(mean, _DAY_S, _MEMORY_S)
        day = number // 24
        if self.day and self.day[0] == day:
            self.day = [day, min(self.day[1], lowest), self.day[2] + 1]
            return
        if self.day and self.day[2] >= _DAY_HOURS:
            self.standby = [*self.standby, self.day[1]][-_STANDBY_DAYS:]
        self.day = [day, lowest, 1]

    def to_item(self) -> dict[str, Any]:
        """The profile as JSON."""
        return {
            "hours": {name: level.to_item() for name, level in self.hours.items()},
            "hour": self.hour,
            "day": self.day,
            "standby": self.standby,
            "below_standby_s": self.below_standby_s,
            "off_profile": self.off_profile,
        }

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """The inverse of `to_item`."""
        return cls(
            {str(name): Quiet.from_item(level) for name, level in item["hours"].items()},
            list(map(float, item["hour"])),
            list(map(float, item["day"])),
            list(map(float, item["standby"])),
            float(item["below_standby_s"]),
            float(item["off_profile"]),
        )


def slot(number: int) -> str:
    """The slot of the hour that began `number` hours after 1970 (a Thursday): `w` weekday or `e` weekend, and hour."""
    return f"{'e' if (number // 24 + 3) % 7 >= 5 else 'w'}{number % 24}"


def _sigma(usual: Quiet, typical: float) -> float:
    return max(usual.sigma(0.0), 0.25 * abs(usual.level), 0.1 * typical, 1e-9)
