"""The features of a leak sensor, online: the leak document's own (2.3.1) and scale-free ones.

The document's features keep its names: basic (pressure, flow, temperature), time, derived (ratio and product) and
rolling (mean and scatter over an hour). A pressure of 3.2 bar means something else at every sensor, so the models get
the others: how far pressure and flow stand off what this sensor usually has at this hour, over an hour, six hours, a
day and three days; how they move together; and what the quietest hours of the day say (minimum night flow).
z-scores are squashed by sign(z) log(1 + |z|), shares of the mean likewise: one burst must not be all that counts.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from meterflow.scoring.leak_normal import HOURS, Normal

DOCUMENT = (
    "pressure_bar",
    "flow_rate_lps",
    "temperature_c",
    "hour",
    "day_of_week",
    "is_weekend",
    "is_night_shift",
    "pressure_flow_ratio",
    "temp_pressure_product",
    "pressure_rolling_mean",
    "flow_rolling_std",
)
RELATIVE = (
    "flow_now",
    "flow_hour",
    "flow_quarter",
    "flow_day",
    "flow_days",
    "flow_step",
    "flow_night",
    "flow_share_now",
    "flow_share_quarter",
    "flow_share_day",
    "pressure_now",
    "pressure_hour",
    "pressure_quarter",
    "pressure_day",
    "pressure_days",
    "pressure_step",
    "pressure_share_now",
    "pressure_share_quarter",
    "pressure_share_day",
    "opposed_now",
    "opposed_hour",
    "opposed_day",
    "unexplained_quarter",
    "unexplained_day",
    "coupling",
    "has_flow",
    "has_pressure",
)
"""What the shipped models look at."""


@dataclass(frozen=True, slots=True)
class LeakRow:
    """One row of a leak sensor. Any measurement may be absent. `facility_zone`: `CRITICAL`, or any other."""

    timestamp: datetime
    pressure_bar: float | None = None
    flow_rate_lps: float | None = None
    temperature_c: float | None = None
    facility_zone: str = "STANDARD"


def squash(value: float) -> float:
    """sign(value) log(1 + |value|)."""
    return math.copysign(math.log1p(abs(value)), value)


@dataclass(slots=True)
class Coupling:
    """How pressure answers flow: the fading covariance of their residuals, over about ten days."""

    flow: float = 0.0
    both: float = 0.0
    pressure: float = 0.0
    days: float = 0.0

    def learn(self, flow: float, pressure: float, days: float) -> None:
        """Take a pair of residuals (in their usual scatter, clipped at three)."""
        flow, pressure = max(-3.0, min(3.0, flow)), max(-3.0, min(3.0, pressure))
        self.days = min(self.days + days, 10.0)
        if self.days > 0.0:
            weight = days / self.days
            self.flow += (flow * flow - self.flow) * weight
            self.both += (flow * pressure - self.both) * weight
            self.pressure += (pressure * pressure - self.pressure) * weight

    def correlation(self) -> float:
        """-1 to 1; negative where more flow lowers the pressure (head loss), near 0 where they go apart."""
        size = math.sqrt(self.flow * self.pressure)
        trust = self.days / (self.days + 1.0)
        return trust * max(-1.0, min(1.0, self.both / size)) if size > 0.0 else 0.0

    def slope(self) -> float:
        """Scatters of pressure by scatter of flow."""
        trust = self.days / (self.days + 1.0)
        return trust * self.both / self.flow if self.flow > 0.0 else 0.0


@dataclass(slots=True)
class LeakFeatures:
    """The state of one sensor and, after `observe`, its features."""

    pressure: Normal = field(default_factory=Normal)
    flow: Normal = field(default_factory=Normal)
    coupling: Coupling = field(default_factory=Coupling)
    last: datetime | None = None
    pressure_mean: float = 0.0
    flow_mean: float = 0.0
    flow_square: float = 0.0

    def observe(self, row: LeakRow) -> dict[str, float | None]:
        """Take `row` in (rows come in time order) and give its features by name; None where nothing was measured."""
        hours = 0.0 if self.last is None else max(0.0, (row.timestamp - self.last).total_seconds() / 3600.0)
        self.last = row.timestamp
        hours = min(hours, 24.0)
        decay = [math.exp(-hours / max(over, 3.0 * hours)) if hours else 1.0 for over in HOURS]
        fresh = self.flow.rows == 0
        if row.flow_rate_lps is not None:
            self.flow.observe(row.timestamp, row.flow_rate_lps, hours, decay)
        if row.pressure_bar is not None:
            self.pressure.observe(row.timestamp, row.pressure_bar, hours, decay)
        both = row.flow_rate_lps is not None and row.pressure_bar is not None
        if both and self.flow.days > 0.5 and max(abs(self.flow.z(1)), abs(self.pressure.z(1))) < 2.5:
            self.coupling.learn(self.flow.z_now(), self.pressure.z_now(), hours / 24.0)
        self._roll(row, decay[0], fresh=fresh)
        return {**self._document(row), **self._relative(row)}

    def _roll(self, row: LeakRow, fade: float, *, fresh: bool) -> None:
        if row.pressure_bar is not None:
            fade_pressure = 0.0 if self.pressure.rows == 1 else fade
            self.pressure_mean = row.pressure_bar + (self.pressure_mean - row.pressure_bar) * fade_pressure
        if row.flow_rate_lps is not None:
            fade = 0.0 if fresh else fade
            square = row.flow_rate_lps**2
            self.flow_mean = row.flow_rate_lps + (self.flow_mean - row.flow_rate_lps) * fade
            self.flow_square = square + (self.flow_square - square) * fade

    def _document(self, row: LeakRow) -> dict[str, float | None]:
        """The leak document's features, under its names. The night shift is from 22 to 6 o'clock."""
        moment, pressure, flow, heat = row.timestamp, row.pressure_bar, row.flow_rate_lps, row.temperature_c
        return {
            "pressure_bar": pressure,
            "flow_rate_lps": flow,
            "temperature_c": heat,
            "hour": moment.hour + moment.minute / 60.0,
            "day_of_week": float(moment.weekday()),
            "is_weekend": float(moment.weekday() >= 5),
            "is_night_shift": float(moment.hour >= 22 or moment.hour < 6),
            "pressure_flow_ratio": None if pressure is None or not flow else pressure / flow,
            "temp_pressure_product": None if pressure is None or heat is None else pressure * heat,
            "pressure_rolling_mean": self.pressure_mean if self.pressure.rows else None,
            "flow_rolling_std": math.sqrt(max(0.0, self.flow_square - self.flow_mean**2)) if self.flow.rows else None,
        }

    def _relative(self, row: LeakRow) -> Mapping[str, float | None]:
        """Beside the sensor's own normal; 0 where a measurement is absent, which `has_…` tells apart."""
        flow, pressure, coupling = self.flow, self.pressure, self.coupling
        has_flow, has_pressure = row.flow_rate_lps is not None, row.pressure_bar is not None
        f = [flow.z(at) for at in range(4)] if has_flow else [0.0] * 4
        p = [pressure.z(at) for at in range(4)] if has_pressure else [0.0] * 4
        f_now, p_now = (flow.z_now() if has_flow else 0.0), (pressure.z_now() if has_pressure else 0.0)
        slope = coupling.slope()
        both = has_flow and has_pressure
        return {
            "flow_now": squash(f_now),
            "flow_hour": squash(f[0]),
            "flow_quarter": squash(f[1]),
            "flow_day": squash(f[2]),
            "flow_days": squash(f[3]),
            "flow_step": squash(flow.z_step()) if has_flow else 0.0,
            "flow_night": squash(flow.z_night()) if has_flow else 0.0,
            "flow_share_now": _share(flow, flow.residual) if has_flow else 0.0,
            "flow_share_quarter": _share(flow, flow.trails[1].value) if has_flow else 0.0,
            "flow_share_day": _share(flow, flow.trails[2].value) if has_flow else 0.0,
            "pressure_now": squash(p_now),
            "pressure_hour": squash(p[0]),
            "pressure_quarter": squash(p[1]),
            "pressure_day": squash(p[2]),
            "pressure_days": squash(p[3]),
            "pressure_step": squash(pressure.z_step()) if has_pressure else 0.0,
            "pressure_share_now": _share(pressure, pressure.residual) if has_pressure else 0.0,
            "pressure_share_quarter": _share(pressure, pressure.trails[1].value) if has_pressure else 0.0,
            "pressure_share_day": _share(pressure, pressure.trails[2].value) if has_pressure else 0.0,
            "opposed_now": squash(min(f_now, -p_now)) if both else 0.0,
            "opposed_hour": squash(min(f[0], -p[0])) if both else 0.0,
            "opposed_day": squash(min(f[2], -p[2])) if both else 0.0,
            "unexplained_quarter": squash(p[1] - slope * f[1]) if both else 0.0,
            "unexplained_day": squash(p[2] - slope * f[2]) if both else 0.0,
            "coupling": coupling.correlation() if both else 0.0,
            "has_flow": float(has_flow),
            "has_pressure": float(has_pressure),
        }

    def to_item(self) -> dict[str, Any]:
        """The state as JSON, below 6 kB."""
        return {
            "pressure": self.pressure.to_item(),
            "flow": self.flow.to_item(),
            "coupling": [self.coupling.flow, self.coupling.both, self.coupling.pressure, self.coupling.days],
            "last": None if self.last is None else self.last.isoformat(),
            "rolling": [self.pressure_mean, self.flow_mean, self.flow_square],
        }

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> "LeakFeatures":
        """The state of `to_item`."""
        return cls(
            Normal.from_item(item["pressure"]),
            Normal.from_item(item["flow"]),
            Coupling(*item["coupling"]),
            None if item["last"] is None else datetime.fromisoformat(item["last"]),
            *item["rolling"],
        )


def _share(normal: Normal, value: float) -> float:
    """As a share of the mean in tenths, squashed: 10 % is log 2."""
    return squash(10.0 * normal.share(value))
