"""The 18 inputs of the fire document, and what is derived from them online: rise, ramp and flicker of one sensor.

The document counts its inputs (15 of a FLIR Lepton 3.5 thermal camera, 3 of an SCD41 CO2 sensor) without listing them;
the names here are those of the public system that it describes. Units: degrees Celsius, percent of the image, ppm CO2.
Optical flow, the gradients and the velocities are in whatever unit a camera's firmware gives; therefore all that is
derived from those is a ratio to the sensor's own quiet rows.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Self

from meterflow.scoring.quiet import WARM_ROWS, Quiet

THERMAL = (
    "t_mean",
    "t_std",
    "t_max",
    "t_p95",
    "t_hot_area_pct",
    "t_hot_largest_blob_pct",
    "t_grad_mean",
    "t_grad_std",
    "t_diff_mean",
    "t_diff_std",
    "flow_mag_mean",
    "flow_mag_std",
    "tproxy_val",
    "tproxy_delta",
    "tproxy_vel",
)
GAS = ("gas_val", "gas_delta", "gas_vel")
FEATURES = THERMAL + GAS
SIGNED = frozenset(
    {"t_mean", "t_max", "t_p95", "t_diff_mean", "tproxy_val", "tproxy_delta", "tproxy_vel", "gas_delta", "gas_vel"}
)
"""Features that may be below zero: frost, cooling, gas that thins out. A reader of rows must not refuse those."""

DERIVED = (
    "heat",
    "heat_rise",
    "mean_rise",
    "p95_rise",
    "area_rise",
    "blob_share",
    "std_ratio",
    "grad_ratio",
    "diff_ratio",
    "flow_ratio",
    "heat_slope",
    "mean_slope",
    "area_slope",
    "climbing_s",
    "gas_ratio",
    "gas_rise",
    "gas_slope",
    "heat_habit",
    "gas_habit",
    "has_thermal",
    "has_gas",
)

# How long quiet rows are remembered. Sun and heating move a room within hours, a fire within minutes.
MEMORY_S = 7200.0
# A habit (how high heat or gas rose and fell back without a fire) is half forgotten in a week.
_HABIT_HALF_LIFE_S = 7 * 86400.0
# Slopes look back over these seconds, or over three rows where rows are rarer.
_WINDOW_S = 180.0
_SPACING_S = 12.0
_POINTS = 12
# An air sensor that shows less than this measures something else than CO2: outdoor air has about 420 ppm.
CO2_LEAST = 250.0


@dataclass(frozen=True, slots=True)
class FireRow:
    """One row of one fire sensor: any of the 18 measurements may be absent."""

    timestamp: datetime
    t_mean: float | None = None
    t_std: float | None = None
    t_max: float | None = None
    t_p95: float | None = None
    t_hot_area_pct: float | None = None
    t_hot_largest_blob_pct: float | None = None
    t_grad_mean: float | None = None
    t_grad_std: float | None = None
    t_diff_mean: float | None = None
    t_diff_std: float | None = None
    flow_mag_mean: float | None = None
    flow_mag_std: float | None = None
    tproxy_val: float | None = None
    tproxy_delta: float | None = None
    tproxy_vel: float | None = None
    gas_val: float | None = None
    gas_delta: float | None = None
    gas_vel: float | None = None
    facility_zone: str = "STANDARD"

    def heat(self) -> float | None:
        """The hottest that the row tells of, degrees Celsius."""
        known = [value for value in (self.t_max, self.tproxy_val, self.t_p95, self.t_mean) if value is not None]
        return max(known) if known else None


_MEASURED = tuple(item.name for item in fields(FireRow) if item.name in FEATURES)
# Signals whose unit is the firmware's: followed as a ratio to their own quiet level. The floors keep still scenes calm.
_RATIOS = {
    "std_ratio": ("t_std", 0.2),
    "grad_ratio": ("t_grad_mean", 0.02),
    "diff_ratio": ("t_diff_std", 0.02),
    "flow_ratio": ("flow_mag_mean", 0.02),
}
_LEVELS = (
    "heat",
    "t_mean",
    "t_p95",
    "t_hot_area_pct",
    "gas_val",
    "t_std",
    "t_grad_mean",
    "t_diff_std",
    "flow_mag_mean",
)


def measurements(row: FireRow) -> dict[str, float | None]:
    """The 18 by name."""
    return {name: getattr(row, name) for name in _MEASURED}


@dataclass(slots=True)
class FireTracker:
    """One sensor's quiet levels, its newest points and its habits."""

    quiet: dict[str, Quiet] = field(default_factory=dict)
    points: list[list[float | None]] = field(default_factory=list)  # [epoch s, heat, mean, area, gas]
    at: float | None = None
    climbing_since: float | None = None
    peak: dict[str, float] = field(default_factory=dict)  # how high the present excursion of heat and gas is
    habit: dict[str, float] = field(default_factory=dict)  # how high excursions went that ended by themselves

    def derive(self, row: FireRow, at: float) -> dict[str, float]:
        """The derived features of `row` at epoch second `at`, from it and from the rows before it; learns nothing."""
        heat, derived = row.heat(), dict[str, float]()
        derived["has_thermal"] = float(heat is not None)
        derived["has_gas"] = float(row.gas_val is not None)
        if heat is not None:
            derived["heat"] = heat
            derived["heat_rise"] = heat - self._level("heat", min(heat, 40.0))
            derived["heat_habit"] = derived["heat_rise"] - self._habit("heat", at)
        if row.t_mean is not None:
            derived["mean_rise"] = row.t_mean - self._level("t_mean", min(row.t_mean, 35.0))
        if row.t_p95 is not None:
            derived["p95_rise"] = row.t_p95 - self._level("t_p95", min(row.t_p95, 38.0))
        if row.t_hot_area_pct is not None:
            derived["area_rise"] = row.t_hot_area_pct - self._level("t_hot_area_pct", min(row.t_hot_area_pct, 3.0))
            if row.t_hot_largest_blob_pct is not None:
                derived["blob_share"] = min(row.t_hot_largest_blob_pct / max(row.t_hot_area_pct, 0.05), 1.0)
        for name, (measured, floor) in _RATIOS.items():
            value = getattr(row, measured)
            if value is not None and measured in self.quiet:
                derived[name] = _octaves(value + floor, self.quiet[measured].level + floor)
        if row.gas_val is not None:
            gas = max(row.gas_val, 0.0)
            usual = max(self._level("gas_val", min(gas, 1000.0) if gas >= CO2_LEAST else gas), 1e-6)
            derived["gas_ratio"] = _octaves(gas + 0.02 * usual, usual)
            derived["gas_rise"] = gas - usual
            derived["gas_habit"] = derived["gas_ratio"] - self._habit("gas_val", at)
        derived |= self._slopes(at, (heat, row.t_mean, row.t_hot_area_pct, row.gas_val))
        derived["climbing_s"] = 0.0 if self.climbing_since is None else min(at - self.climbing_since, 1800.0)
        return derived

    def learn(self, row: FireRow, at: float, derived: Mapping[str, float], held: bool) -> None:
        """Take the row in. `held`: a fire is suspected, so that the quiet levels nearly stand still."""
        seconds = 0.0 if self.at is None else max(at - self.at, 0.0)
        for name in _LEVELS:
            value = row.heat() if name == "heat" else getattr(row, name)
            if value is None:
                continue
            if name not in self.quiet:
                self.quiet[name] = Quiet()
                value = min(value, _FIRST_AT_MOST[name]) if name in _FIRST_AT_MOST else value
            self.quiet[name].learn(value, seconds, MEMORY_S, held)
        newest = [at, row.heat(), row.t_mean, row.t_hot_area_pct, row.gas_val]
        if not self.points or at - (self.points[-1][0] or 0.0) >= _SPACING_S:
            self.points = [*self.points[1 - _POINTS :], newest]
        rising = derived.get("heat_slope", 0.0) > 0.5 or derived.get("area_slope", 0.0) > 0.1
        if not rising:
            self.climbing_since = None
        elif self.climbing_since is None:
            self.climbing_since = at
        self._excursion("heat", derived.get("heat_rise"), 5.0, at)
        self._excursion("gas_val", derived.get("gas_ratio"), 0.3, at)
        self.at = at

    def warm(self) -> bool:
        """Whether the quiet levels of what the sensor measures are believed."""
        followed = [self.quiet[name] for name in ("heat", "gas_val") if name in self.quiet]
        return bool(followed) and max(level.rows for level in followed) >= WARM_ROWS

    def _level(self, name: str, first: float) -> float:
        return self.quiet[name].level if name in self.quiet else first

    def _habit(self, name: str, at: float) -> float:
        """How high `name` is used to rise, forgotten by halves."""
        if name not in self.habit:
            return 0.0
        age = at - self.habit[f"{name}_at"]
        return self.habit[name] * math.pow(0.5, max(age, 0.0) / _HABIT_HALF_LIFE_S)

    def _excursion(self, name: str, rise: float | None, least: float, at: float) -> None:
        """Follow a rise; once it has fallen back to a quarter of its peak it is a habit."""
        if rise is None:
            return
        peak = self.peak.get(name, 0.0)
        if rise > max(peak, least):
            self.peak[name] = rise
        elif peak > 0.0 and rise < 0.25 * peak:
            if peak > self._habit(name, at):
                self.habit[name], self.habit[f"{name}_at"] = peak, at
            self.peak[name] = 0.0

    def _slopes(self, at: float, now: tuple[float | None, ...]) -> dict[str, float]:
        """Least-squares slopes per minute over the newest points and this row; absent with less than two rows."""
        slopes = dict[str, float]()
        recent = [point for point in self.points if at - (point[0] or 0.0) <= _WINDOW_S] or self.points[-2:]
        for place, (name, value) in enumerate(
            zip(("heat_slope", "mean_slope", "area_slope", "gas_slope"), now, strict=True), 1
        ):
            if value is None:
                continue
            line = [
                ((point[0] or 0.0) - at, float(point[place] or 0.0)) for point in recent if point[place] is not None
            ]
            if not line or line[0][0] > -0.5:
                continue
            slopes[name] = 60.0 * _slope([*line, (0.0, value)])
        return slopes

    def to_item(self) -> dict[str, Any]:
        """The tracker as JSON."""
        return {
            "quiet": {name: level.to_item() for name, level in self.quiet.items()},
            "points": self.points,
            "at": self.at,
            "climbing_since": self.climbing_since,
            "peak": dict(self.peak),
            "habit": dict(self.habit),
        }

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """The inverse of `to_item`."""
        return cls(
            quiet={name: Quiet.from_item(level) for name, level in item["quiet"].items()},
            points=[[None if value is None else float(value) for value in point] for point in item["points"]],
            at=None if item["at"] is None else float(item["at"]),
            climbing_since=None if item["climbing_since"] is None else float(item["climbing_since"]),
            peak={name: float(value) for name, value in item["peak"].items()},
            habit={name: float(value) for name, value in item["habit"].items()},
        )


# A sensor may be switched on during a fire: its first row teaches no more than a warm room.
_FIRST_AT_MOST = {"heat": 40.0, "t_mean": 35.0, "t_p95": 38.0, "t_hot_area_pct": 3.0, "gas_val": 1000.0}


def _octaves(value: float, usual: float) -> float:
    """How many times `value` is twice `usual`, from -6 to 6."""
    return min(max(math.log2(max(value, 1e-9) / max(usual, 1e-9)), -6.0), 6.0)


def _slope(line: list[tuple[float, float]]) -> float:
    """Of the least-squares line through (x, y): y per x."""
    x_mean = math.fsum(x for x, _ in line) / len(line)
    y_mean = math.fsum(y for _, y in line) / len(line)
    width = math.fsum((x - x_mean) ** 2 for x, _ in line)
    return math.fsum((x - x_mean) * (y - y_mean) for x, y in line) / width if width > 0.0 else 0.0
