"""One row of an energy device: the energy document's five measurements, and what follows from one row alone."""

import math
from dataclasses import dataclass
from datetime import datetime

MEASUREMENTS = ("energy_consumption", "voltage", "current", "power_factor", "temperature")
SIGNED = frozenset({"temperature", "power_factor"})
"""Measurements that may be below zero: frost, and a leading power factor in some meters' convention."""

NOMINALS = (100.0, 120.0, 127.0, 208.0, 220.0, 230.0, 240.0, 277.0, 400.0, 480.0)
"""Nominal voltages of low-voltage supplies (IEC 60038 and the usual ones of the Americas and Japan)."""


@dataclass(frozen=True, slots=True)
class EnergyRow:
    """One row of one device: consumption (any unit, or energy of the interval), V, A, power factor, degrees Celsius."""

    timestamp: datetime
    energy_consumption: float | None = None
    voltage: float | None = None
    current: float | None = None
    power_factor: float | None = None
    temperature: float | None = None


def unit_octaves(row: EnergyRow) -> float | None:
    """log2 of consumption over volts x amperes x power factor; None where one is absent or nothing flows."""
    if row.energy_consumption is None or row.voltage is None or row.current is None:
        return None
    factor = 1.0 if row.power_factor is None else max(abs(row.power_factor), 0.05)
    apparent = row.voltage * row.current * factor
    return math.log2(row.energy_consumption / apparent) if row.energy_consumption > 0.0 and apparent > 0.0 else None


def active_and_reactive(row: EnergyRow) -> tuple[float, float, float] | None:
    """(1 by consumption or 0 by current, active power, reactive power) in any unit; None where they are not known."""
    if row.power_factor is None:
        return None
    factor = min(max(abs(row.power_factor), 0.05), 1.0)
    if row.energy_consumption is not None:
        source, active = 1.0, row.energy_consumption
    elif row.current is not None:
        source, active = 0.0, row.current * factor
    else:
        return None
    return source, active, active * math.sqrt(1.0 - factor * factor) / factor


def load(row: EnergyRow) -> float | None:
    """What pulls the voltage down: amperes, or consumption where they are not measured."""
    return row.current if row.current is not None else row.energy_consumption


def nominal(usual: float) -> float:
    """The nominal voltage of a supply whose usual voltage is `usual` volts.

    The nearest of NOMINALS by ratio; where none is within 12 % (a scaled or unusual supply) the usual voltage itself,
    the sliding reference of IEC 61000-4-30.
    """
    nearest = min(NOMINALS, key=lambda volts: abs(math.log(max(usual, 1e-9) / volts)))
    return nearest if abs(usual / nearest - 1.0) <= 0.12 else usual
