"""The energy document's five measurements, and what one device's own history says about them.

Nothing here depends on units: consumption may be kW, W, or kWh or Wh in the interval. The factor between consumption
and volts x amperes x power factor is learned, and so are the interval, the supply's nominal voltage and the home's
profile. Ratios are in octaves (log2), so that half and double weigh the same.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from meterflow.scoring.band import Band
from meterflow.scoring.energy_profile import HomeProfile
from meterflow.scoring.energy_row import MEASUREMENTS, EnergyRow, active_and_reactive, load, nominal, unit_octaves
from meterflow.scoring.quiet import Quiet
from meterflow.scoring.source_impedance import SourceImpedance

DERIVED = (
    "voltage_share",
    "voltage_sigma",
    "nominal_share",
    "voltage_off",
    "voltage_step",
    "step_sigma",
    "load_octaves",
    "load_over_peak",
    "over_standby",
    "profile_sigmas",
    "off_profile",
    "current_over_peak",
    "factor_fall",
    "factor_sigma",
    "factor_beyond",
    "factor_below_all",
    "added_factor",
    "unit_octaves",
    "unit_sigma",
    "unit_beyond",
    "temperature_rise",
    "temperature_sigma",
    *(f"has_{name}" for name in MEASUREMENTS),
)
"""What the model looks at: shares, octaves and standard deviations, so that no unit and no size of home matters."""

_DAY_S = 86400.0
# Levels of voltage, power factor and the unit factor are remembered for days, as a supply hardly changes.
SUPPLY_MEMORY_S = 3 * _DAY_S
# A step is seen against the voltage of the last half hour.
_STEP_MEMORY_S = 1800.0
# A load's power factor is its own: loads are told apart by their current, in octaves.
_BINS = (-4, 8)
# Rows of one size of load before its own history is believed; until then that of all loads stands in.
BIN_ROWS = 12
# A power factor so far below all seen is a motor's or a fault's.
FACTOR_BEYOND = 0.03


@dataclass(slots=True)
class EnergyTracker:
    """One device's usual supply, load and profile."""

    at: float | None = None
    rows: int = 0
    first_at: float = 0.0
    voltage: Quiet = field(default_factory=Quiet)
    recent_voltage: Quiet = field(default_factory=Quiet)  # of about the last hour, for steps
    impedance: SourceImpedance = field(default_factory=SourceImpedance)
    temperature: Quiet = field(default_factory=Quiet)
    factor: dict[str, Band] = field(default_factory=dict)  # power factor by load
    unit: dict[str, Band] = field(default_factory=dict)  # octaves of consumption over volts x amperes x power factor
    load: Band = field(default_factory=Band)  # consumption
    amperes: Band = field(default_factory=Band)
    step: float = 0.0  # the smallest change of current seen, its resolution
    last_current: float | None = None
    home: HomeProfile = field(default_factory=HomeProfile)
    factor_load: tuple[float, float, float] | None = None  # `active_and_reactive` of the newest row of usual factor
    factor_at: float = 0.0  # when that was (epoch s)
    outliers: float = 0.0  # share of rows lately in which consumption and what flows disagree
    wild: float = 0.0  # and in which they disagree by half or double
    interval: Quiet = field(default_factory=Quiet)  # seconds between rows

    def derive(self, row: EnergyRow) -> dict[str, float]:
        """What the history says about `row`; learns nothing. A key is absent where there is nothing to compare with."""
        derived = dict[str, float]()
        if row.voltage is not None and self.voltage.rows:
            usual = max(self.voltage.level, 1e-9)
            derived["voltage_share"] = row.voltage / usual
            derived["voltage_sigma"] = self.voltage.sigma(0.002 * usual) / usual
            derived["nominal_share"] = row.voltage / nominal(usual)
            size = load(row)
            own = 0.0 if size is None else self.impedance.drop(size, usual, recently=False)
            now = 0.0 if size is None else self.impedance.drop(size, usual, recently=True)
            recent = self.recent_voltage.level
            derived["voltage_off"] = _excused(row.voltage - usual, own) / usual
            derived["voltage_step"] = _excused(row.voltage - recent, now) / usual
            derived["step_sigma"] = self.recent_voltage.sigma(0.002 * usual) / usual
        if row.energy_consumption is not None:
            consumption = row.energy_consumption
            derived["load_octaves"] = _octaves(consumption, self.load.quiet.level) if self.load.quiet.rows else 0.0
            if self.load.quiet.rows and self.load.high > 0.0:
                derived["load_over_peak"] = consumption / self.load.high
            if self.home.standby:
                derived["over_standby"] = _octaves(consumption, min(self.home.standby))
            sigmas = self.home.sigmas(row.timestamp, consumption, self.load.quiet.level)
            if sigmas is not None:
                derived["profile_sigmas"] = sigmas
        if row.current is not None and self.amperes.quiet.rows and self.amperes.high > 0.0:
            derived["current_over_peak"] = row.current / self.amperes.high
        derived |= self._power_factor(row) | self._consistency(row)
        if row.temperature is not None and self.temperature.rows:
            derived["temperature_rise"] = row.temperature - self.temperature.level
            derived["temperature_sigma"] = self.temperature.sigma(1.0)
        derived["off_profile"] = self.home.off_profile
        return derived

    def follow_standby(self, consumption: float, at: float, share: float) -> None:
        """Add up for how long consumption has been below `share` of the lowest of the last days; forget by and by."""
        seconds = 0.0 if self.at is None else min(max(at - self.at, 0.0), 2.0 * max(self.interval.level, 1.0))
        self.home.follow_standby(consumption, seconds, share)

    def _power_factor(self, row: EnergyRow) -> dict[str, float]:
        if row.power_factor is None:
            return {}
        usual = self.factor.get(_bin(row))
        if usual is None or usual.quiet.rows < BIN_ROWS:
            usual = self.factor.get("all")
        if usual is None or not usual.quiet.rows:
            return {}
        factor = abs(row.power_factor)
        every = self.factor.get("all", usual)
        return {
            "added_factor": self._added_factor(row),
            "factor_below_all": min(every.beyond(factor), 0.0),
            "factor_fall": usual.quiet.level - factor,
            "factor_sigma": usual.quiet.sigma(0.01),
            "factor_beyond": min(usual.beyond(factor), 0.0),
            "factor_rows": float(usual.quiet.rows),
        }

    def _added_factor(self, row: EnergyRow) -> float:
        """The power factor of what was switched on since the power factor was usual; 0 where nothing was.

        What is switched on adds active and reactive power: P and P tan(phi) of now less those of before.
        """
        now = active_and_reactive(row)
        if now is None or self.factor_load is None or now[0] != self.factor_load[0]:
            return 0.0
        active, reactive = now[1] - self.factor_load[1], now[2] - self.factor_load[2]
        return active / math.hypot(active, reactive) if active > 0.0 else 0.0

    def _consistency(self, row: EnergyRow) -> dict[str, float]:
        """How far consumption is from what flows, in octaves, beside the usual for this load."""
        octaves = unit_octaves(row)
        if octaves is None or row.current is None:
            return {}
        usual = self.unit.get(_bin(row))
        if usual is None or usual.quiet.rows < BIN_ROWS:
            # A load of a size never seen: the unit factor of all loads together stands in.
            usual = self.unit.get("all")
        if usual is None or not usual.quiet.rows:
            return {}
        rounding = math.log2(1.0 + 0.5 * self.step / row.current) if row.current > 0.0 else 1.0
        return {
            "unit_octaves": octaves - usual.quiet.level,
            "unit_sigma": usual.quiet.sigma(0.03) + rounding,
            "unit_beyond": usual.beyond(octaves),
            "unit_rows": float(usual.quiet.rows),
        }

    def learn(self, row: EnergyRow, at: float, held: frozenset[str]) -> None:
        """Take the row in. `held` names the measurements that are suspected: their history nearly stands still."""
        seconds = 0.0 if self.at is None else max(at - self.at, 0.0)
        if self.at is None:
            self.first_at = at
        elif seconds > 0.0:
            self.interval.learn(seconds, seconds, SUPPLY_MEMORY_S)
        if row.voltage is not None:
            self.voltage.learn(row.voltage, seconds, SUPPLY_MEMORY_S, "voltage" in held)
            self.recent_voltage.learn(row.voltage, seconds, _STEP_MEMORY_S, "voltage" in held)
            size = load(row)
            if size is not None:
                suspected = bool(held & {"voltage", "current", "consumption"})
                self.impedance.learn(row.voltage, size, seconds, suspected)
        if row.temperature is not None:
            self.temperature.learn(row.temperature, seconds, SUPPLY_MEMORY_S, "temperature" in held)
        if row.power_factor is not None:
            self._learn_factor(row, at, seconds, "power_factor" in held)
        octaves = unit_octaves(row)
        if octaves is not None:
            for name in (_bin(row), "all"):
                self.unit.setdefault(name, Band()).learn(octaves, seconds, SUPPLY_MEMORY_S, "unit" in held)
        if row.current is not None:
            if self.last_current is not None and row.current != self.last_current:
                change = abs(row.current - self.last_current)
                self.step = min(self.step, change) if self.step else change
            self.last_current = row.current
            self.amperes.learn(row.current, seconds, SUPPLY_MEMORY_S, "current" in held)
        if row.energy_consumption is not None:
            self.load.learn(row.energy_consumption, seconds, SUPPLY_MEMORY_S, "consumption" in held)
            if "consumption" not in held and "unit" not in held:
                self.home.learn(at, row.energy_consumption, self.load.quiet.level)
        self.at, self.rows = at, min(self.rows + 1, 1_000_000)

    def _learn_factor(self, row: EnergyRow, at: float, seconds: float, suspected: bool) -> None:
        """A motor's factor is no new usual: else a fault that comes while a kettle is switched on would be learned.

        What has lasted two days without a break is one.
        """
        factor = abs(row.power_factor or 0.0)
        known = self.factor.get("all")
        settled = known is not None and known.quiet.rows >= BIN_ROWS
        recent = at - self.factor_at < 2.0 * _DAY_S
        motor = settled and recent and known is not None and known.beyond(factor) < -FACTOR_BEYOND
        for name in (_bin(row), "all"):
            self.factor.setdefault(name, Band()).learn(factor, seconds, SUPPLY_MEMORY_S, suspected or motor)
        if not suspected and not motor:
            self.factor_load, self.factor_at = active_and_reactive(row), at

    def to_item(self) -> dict[str, Any]:
        """The tracker as JSON."""
        return {
            "at": self.at,
            "rows": self.rows,
            "first_at": self.first_at,
            "voltage": self.voltage.to_item(),
            "recent_voltage": self.recent_voltage.to_item(),
            "impedance": self.impedance.to_item(),
            "factor_at": self.factor_at,
            "outliers": self.outliers,
            "wild": self.wild,
            "factor_load": None if self.factor_load is None else list(self.factor_load),
            "interval": self.interval.to_item(),
            "temperature": self.temperature.to_item(),
            "factor": {name: band.to_item() for name, band in self.factor.items()},
            "unit": {name: band.to_item() for name, band in self.unit.items()},
            "load": self.load.to_item(),
            "amperes": self.amperes.to_item(),
            "step": self.step,
            "last_current": self.last_current,
            "home": self.home.to_item(),
        }

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """The inverse of `to_item`."""
        return cls(
            at=None if item["at"] is None else float(item["at"]),
            rows=int(item["rows"]),
            first_at=float(item["first_at"]),
            voltage=Quiet.from_item(item["voltage"]),
            recent_voltage=Quiet.from_item(item["recent_voltage"]),
            impedance=SourceImpedance.from_item(item["impedance"]),
            factor_at=float(item["factor_at"]),
            outliers=float(item["outliers"]),
            wild=float(item["wild"]),
            factor_load=None if item["factor_load"] is None else _three(item["factor_load"]),
            interval=Quiet.from_item(item["interval"]),
            temperature=Quiet.from_item(item["temperature"]),
            factor={str(name): Band.from_item(band) for name, band in item["factor"].items()},
            unit={str(name): Band.from_item(band) for name, band in item["unit"].items()},
            load=Band.from_item(item["load"]),
            amperes=Band.from_item(item["amperes"]),
            step=float(item["step"]),
            last_current=None if item["last_current"] is None else float(item["last_current"]),
            home=HomeProfile.from_item(item["home"]),
        )


def _bin(row: EnergyRow) -> str:
    """The load's size as octaves of current, of consumption where no current is measured."""
    size = row.current if row.current is not None else row.energy_consumption
    if size is None or size <= 0.0:
        return "none"
    return str(min(max(math.floor(math.log2(size)), _BINS[0]), _BINS[1]))


def _excused(off: float, by_load: float) -> float:
    """What of a deviation the own load does not explain; a load excuses one and never makes one."""
    left = off - by_load
    return 0.0 if left * off <= 0.0 else math.copysign(min(abs(left), abs(off)), off)


def _three(numbers: Sequence[float]) -> tuple[float, float, float]:
    first, second, third = map(float, numbers)
    return first, second, third


def _octaves(value: float, usual: float) -> float:
    """How many times `value` is twice `usual`, from -8 to 8."""
    least = 1e-3 * max(abs(usual), 1e-9)
    return min(max(math.log2(max(value, least) / max(usual, least)), -8.0), 8.0)
