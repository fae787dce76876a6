"""What is normal for one measurement of one sensor, learned online: its day, its weekend, its noise.

Nothing here has a unit: a sensor of 0.5 l/s and one of 500 l/s are judged by their own scatter and their own mean.
The expected value is the mean of the half hour of the day (48 bins) over about ten days, with an offset for weekends
and, by two hours, one for the day of the week. What is left, the residual, is followed by exponential means over
an hour, six hours, a day and three days. Each of those is compared with its own usual size: a sensor whose residuals
wander (weather, a holiday) needs more to stand out than one with white noise. What is far off teaches little, and
nothing unusual is learned for ten days: a leak must not become the normal while somebody still looks for it. After
that it is the new normal.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

HOURS = (1.0, 6.0, 24.0, 72.0)
"""Over which the residual is averaged."""
_BINS, _COARSE = 48, 12
_MEMORY_DAYS = 10.0
_WEEKS = 4.0
_UNUSUAL_QUARTER, _UNUSUAL_DAY = 4.0, 2.5
_SLOW = 0.1
"""How much is learned while the measurement is unusual."""
_PRIOR = (0.8, 0.6, 0.45, 0.35)
"""The usual size of each mean against that of a single residual, until the sensor has shown its own."""
_PRIOR_DAYS, _SIZE_DAYS = 2.0, 30.0
_FINE = 0.4
"""Rows closer than this many hours take the half hours' means as points of a line."""
_FLOOR = 2e-4
"""Scatter is at least this share of the mean: numbers of a simulation have none."""


@dataclass(slots=True)
class Trail:
    """A running quantity and its usual absolute size."""

    value: float = 0.0
    usual: float = 0.0
    days: float = 0.0

    def learn(self, days: float, gate: float) -> None:
        """Take the present size into the usual one; the far-off counts as three times the usual."""
        size = abs(self.value)
        if self.days > _PRIOR_DAYS:
            size = min(size, 3.0 * self.usual)
        weight = days * gate
        self.days = min(self.days + weight, _SIZE_DAYS)
        if self.days > 0.0:
            self.usual += (size - self.usual) * weight / self.days

    def against(self, prior: float) -> float:
        """The value in units of its usual scatter (1.25 mean absolute sizes, as for a normal distribution)."""
        usual = (self.usual * self.days + prior * _PRIOR_DAYS) / (self.days + _PRIOR_DAYS)
        return self.value / (1.25 * usual) if usual > 0.0 else 0.0


@dataclass(slots=True)
class Normal:
    """The learned normal of one measurement. `observe` gives the residual; the rest is read off afterwards."""

    rows: int = 0
    days: float = 0.0
    last: float = 0.0
    level: float = 0.0
    mean: float = 0.0
    bins: list[float] = field(default_factory=lambda: [0.0] * _BINS)
    seen: list[float] = field(default_factory=lambda: [0.0] * _BINS)
    weekend: list[float] = field(default_factory=lambda: [0.0] * _BINS)
    weekends: list[float] = field(default_factory=lambda: [0.0] * _BINS)
    week: list[float] = field(default_factory=lambda: [0.0] * (7 * _COARSE))
    weeks: list[float] = field(default_factory=lambda: [0.0] * (7 * _COARSE))
    scatter: list[float] = field(default_factory=lambda: [0.0] * _COARSE)
    scattered: list[float] = field(default_factory=lambda: [0.0] * _COARSE)
    size: float = 0.0
    trails: list[Trail] = field(default_factory=lambda: [Trail() for _ in HOURS])
    night: Trail = field(default_factory=Trail)
    step: Trail = field(default_factory=Trail)
    unusual_days: float = 0.0
    quiet_below: float | None = None
    residual: float = 0.0
    noise: float = 0.0

    def expected(self, moment: datetime, hours: float) -> float:
        """What this time usually has, for rows `hours` apart; where it was never seen, the level of the last hours."""
        at = moment.hour * 2 + moment.minute // 30
        if self.seen[at] <= 0.0:
            return self.level
        usual = self.bins[at]
        if 0.0 < hours < _FINE:
            place = (moment.minute % 30) / 30.0 + hours / 2.0 - 0.5
            beside = (at + (1 if place > 0.0 else -1)) % _BINS
            if self.seen[beside] > 0.0:
                usual += (self.bins[beside] - usual) * abs(place)
        trust = self.seen[at] / (self.seen[at] + 0.3)
        value = trust * usual + (1.0 - trust) * self.mean
        coarse, day = at // 4, moment.weekday()
        if day >= 5:
            value += self.weekend[at] * self.weekends[at] / (self.weekends[at] + 0.3)
        weeks = self.weeks[day * _COARSE + coarse]
        return value + self.week[day * _COARSE + coarse] * weeks / (weeks + 1.0)

    def observe(self, moment: datetime, value: float, hours: float, decay: Sequence[float]) -> None:
        """Take `value` in, `hours` after the one before. `decay`: e^(-hours / H) for each of HOURS."""
        if self.rows == 0:
            self.level = self.mean = self.last = value
        at = moment.hour * 2 + moment.minute // 30
        self.residual = value - self.expected(moment, hours)
        self.noise = self._noise(at, moment)
        self._follow(decay, hours, quiet=self._quiet(at))
        gate = self._gate(hours)
        if hours > 0.0:
            self._learn(value, at, moment.weekday(), hours, gate)
        self.rows += 1
        self.days += hours / 24.0
        self.last = value

    def _noise(self, at: int, moment: datetime) -> float:
        """The usual absolute residual at this time of day, more where little was seen of it."""
        coarse = at // 4
        count = self.scattered[coarse]
        usual = (self.scatter[coarse] * count + self.size) / (count + 1.0)
        young = 1.0 + 1.0 / (0.5 + self.days)
        if moment.weekday() >= 5 and self.weekends[at] < 0.5:
            young += 1.5
        return max(usual * young, _FLOOR * abs(self.mean), 1e-9)

    def _quiet(self, at: int) -> bool:
        """Whether this half hour is of the quietest fifth of the day (the night of a zone's flow)."""
        if self.days < 1.0 or self.seen[at] <= 0.0:
            return False
        if self.rows % 16 == 0 or self.quiet_below is None:
            known = sorted(value for value, seen in zip(self.bins, self.seen, strict=True) if seen > 0.0)
            self.quiet_below = known[len(known) // 5]
        return self.bins[at] < self.quiet_below

    def _follow(self, decay: Sequence[float], hours: float, *, quiet: bool) -> None:
        residual = self.residual
        reach = 12.0 * self.noise
        kept = max(-reach, min(reach, residual))
        for trail, fade in zip(self.trails, decay, strict=True):
            trail.value = kept + (trail.value - kept) * fade
        self.step.value = self.trails[0].value - self.trails[1].value
        if quiet:
            fade = math.exp(-hours / 6.0)
            self.night.value = kept + (self.night.value - kept) * fade

    def _gate(self, hours: float) -> float:
        """How much is learned of this row."""
        if abs(self.z(1)) > _UNUSUAL_QUARTER or abs(self.z(2)) > _UNUSUAL_DAY:
            self.unusual_days += hours / 24.0
        else:
            self.unusual_days = max(0.0, self.unusual_days - 2.0 * hours / 24.0)
        if self.days < 1.0 or self.unusual_days == 0.0 or self.unusual_days > _MEMORY_DAYS:
            return 1.0
        return _SLOW

    def _learn(self, value: float, at: int, day: int, hours: float, gate: float) -> None:
        days, coarse = hours / 24.0, at // 4
        self.level += (value - self.level) * (1.0 - math.exp(-hours / 3.0) if self.rows > 3 else 0.5)
        share = gate * min(1.0, days / min(_MEMORY_DAYS, max(self.days, days)))
        self.mean += (value - self.mean) * share
        residual, weight = self.residual, min(1.0, hours * 2.0) * gate
        size = min(abs(residual), 4.0 * self.noise) if self.days > 1.0 else abs(residual)
        if self.days > 2.0 and self.unusual_days <= _MEMORY_DAYS:
            residual = max(-3.0 * self.noise, min(3.0 * self.noise, residual))
        self.size += (size - self.size) * share
        if self.seen[at] <= 0.0:
            self.seen[at] = weight
            self.bins[at] = value
        else:
            self._learn_week(residual, at, day, weight, min(1.0, hours * 2.0))
            self.scattered[coarse] = min(self.scattered[coarse] + weight / 4.0, _MEMORY_DAYS)
            self.scatter[coarse] += (size - self.scatter[coarse]) * weight / 4.0 / self.scattered[coarse]
        for trail in (*self.trails, self.night, self.step):
            trail.learn(days, gate)

    def _learn_week(self, residual: float, at: int, day: int, weight: float, ungated: float) -> None:
        """Share what was unexpected between the half hour, the weekend and the day of the week.

        The latter two learn also while things are unusual: a first Sunday always is, and a leak that they take for a
        habit of Mondays is hidden on Mondays only.
        """
        coarse, part = at // 4, ungated / 4.0
        wide = max(-10.0 * self.noise, min(10.0 * self.noise, self.residual))
        if day >= 5 and self.days > 2.0:
            self.weekends[at] = min(self.weekends[at] + ungated, 2 * _WEEKS)
            self.weekend[at] += wide * ungated / max(self.weekends[at], 1.0)
        else:
            self.seen[at] = min(self.seen[at] + weight, _MEMORY_DAYS)
            self.bins[at] += residual * weight / self.seen[at]
        if self.days > 5.0:
            place = day * _COARSE + coarse
            self.weeks[place] = min(self.weeks[place] + part, _WEEKS)
            self.week[place] += wide * part / max(self.weeks[place], 1.0)

    def z(self, at: int) -> float:
        """The residual's mean over HOURS[at], in its own usual scatter."""
        return self.trails[at].against(max(self.noise, 1e-12) * _PRIOR[at])

    def z_now(self) -> float:
        """The last residual in its usual scatter."""
        return self.residual / (1.25 * self.noise)

    def z_step(self) -> float:
        """How far the last hour stands off the last six, in its usual scatter."""
        return self.step.against(self.noise * 0.6)

    def z_night(self) -> float:
        """The residual at the quietest time of the day, in its usual scatter."""
        return self.night.against(self.noise * 0.5)

    def slow(self) -> bool:
        """Whether the change of the last days came without a step in the last hours."""
        return abs(self.z_step()) < 2.5 and abs(self.trails[2].value) < 3.0 * abs(self.trails[3].value)

    def share(self, value: float) -> float:
        """`value` as a share of the mean."""
        return value / abs(self.mean) if abs(self.mean) > 1e-9 else 0.0

    def to_item(self) -> list[Any]:
        """The state as a list of numbers, rounded to seven digits."""
        item: list[Any] = []
        for name in self.__slots__:
            value = getattr(self, name)
            if isinstance(value, Trail):
                item.append([_short(number) for number in (value.value, value.usual, value.days)])
            elif isinstance(value, list) and isinstance(value[0], Trail):
                item.append([[_short(number) for number in (one.value, one.usual, one.days)] for one in value])
            elif isinstance(value, list):
                item.append([_short(number) for number in value])
            else:
                item.append(_short(value))
        return item

    @classmethod
    def from_item(cls, item: Sequence[Any]) -> "Normal":
        """The normal of `to_item`."""
        named = dict(zip(cls.__slots__, item, strict=True))
        named["trails"] = [Trail(*one) for one in named["trails"]]
        named["night"], named["step"] = Trail(*named["night"]), Trail(*named["step"])
        for name in ("bins", "seen", "weekend", "weekends", "week", "weeks", "scatter", "scattered"):
            named[name] = list(named[name])
        return cls(**named)


def _short(number: float | None) -> float | None:
    return number if number is None or isinstance(number, int) else float(f"{number:.7g}")
