"""A home's electricity: appliances that come and go, each with its own power and power factor, on a supply of its own.

Appliances follow their usual ratings (fridge 60 to 180 W in cycles, kettle 2 to 3 kW, oven, washing machine, heat pump,
car charger, …) and hours of use. Each minute's voltage is the supply's level, slow grid swings, and the drop over the
supply's impedance (0.1 to 0.6 ohm; EN 60725 takes 0.4 + j0.25 ohm as reference).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# name: (least W, most W, power factor, minutes a use, uses a day, hours of the day in which it is used)
APPLIANCES: dict[str, tuple[float, float, float, float, float, tuple[int, int]]] = {
    "kettle": (1800, 3000, 1.0, 3, 5, (6, 22)),
    "oven": (2000, 3500, 1.0, 40, 0.5, (11, 20)),
    "hob": (1000, 2200, 1.0, 25, 1.5, (6, 20)),
    "washing machine": (300, 2200, 0.85, 90, 0.5, (8, 21)),
    "dishwasher": (800, 2200, 0.95, 70, 0.6, (12, 23)),
    "television": (60, 200, 0.75, 150, 1.2, (16, 23)),
    "computer": (80, 400, 0.9, 240, 0.8, (8, 23)),
    "vacuum cleaner": (600, 1600, 0.8, 25, 0.3, (9, 19)),
    "hair dryer": (1200, 2200, 0.98, 8, 0.7, (6, 22)),
    "water heater": (1500, 3000, 1.0, 60, 1.5, (0, 23)),
    "electric heater": (800, 3000, 1.0, 120, 1.0, (6, 23)),
    "heat pump": (700, 2500, 0.88, 45, 6.0, (0, 23)),
    "car charger": (2300, 7400, 0.99, 200, 0.3, (18, 23)),
    "pump": (300, 900, 0.7, 20, 2.0, (6, 22)),
}
_ALWAYS = ("kettle", "hob", "washing machine", "television", "computer", "vacuum cleaner", "hair dryer")


@dataclass(frozen=True, slots=True)
class Load:
    """Watts and volt-amperes reactive, a minute each."""

    watts: Floats
    vars: Floats


def load(minutes: NDArray[np.int64], rng: np.random.Generator) -> Load:
    """A home's load. `minutes` since a Monday's midnight."""
    count, hour = len(minutes), (minutes % 1440) // 60
    weekend = (minutes // 1440) % 7 >= 5
    watts = np.full(count, rng.uniform(15.0, 180.0))  # standby, router, clocks
    reactive = watts * rng.uniform(0.2, 1.0)
    fridge = float(rng.uniform(60.0, 180.0)) * _cycles(count, rng.uniform(25.0, 60.0), rng.uniform(0.25, 0.5), rng)
    lights = (
        rng.uniform(20.0, 250.0)
        * ((hour >= 17) & (hour <= 23))
        * (rng.random(count // 60 + 2).repeat(60)[:count] < 0.8)
    )
    watts, reactive = watts + fridge + lights, reactive + 0.75 * fridge + 0.3 * lights
    away = _away(count, rng)
    others = [name for name in APPLIANCES if name not in _ALWAYS]
    chosen = [*_ALWAYS, *rng.choice(others, int(rng.integers(1, 6)), replace=False)]
    scale = float(rng.uniform(0.4, 1.6))
    for name in chosen:
        least, most, factor, length, uses, (first, last) = APPLIANCES[name]
        power = float(rng.uniform(least, most))
        usable = (hour >= first) & (hour <= last)
        chance = scale * uses / (60.0 * (last - first + 1)) * np.where(weekend, 1.3, 1.0) * usable * ~away
        on = _used(rng.random(count) < chance, length, rng)
        watts += power * on
        reactive += power * on * float(np.tan(np.arccos(factor)))
    noise = 1.0 + 0.01 * rng.normal(size=count)
    return Load(watts * noise, reactive * noise)


def voltage(current: Floats, nominal: float, rng: np.random.Generator) -> Floats:
    """Volts of each minute."""
    count = len(current)
    level = nominal * rng.uniform(0.97, 1.045)
    hours = np.arange(count) / 60.0
    daily = nominal * rng.uniform(0.002, 0.012) * np.sin(2 * np.pi * (hours - rng.uniform(0, 24)) / 24.0)
    slow = _walk(count, nominal * rng.uniform(0.001, 0.004), 90.0, rng)
    impedance = rng.uniform(0.1, 0.6) * (nominal / 230.0)
    return level + daily + slow - impedance * current + rng.normal(0.0, nominal * 0.0008, count)


def _walk(count: int, size: float, minutes: float, rng: np.random.Generator) -> Floats:
    """A wandering signal of standard deviation `size` that forgets within `minutes`."""
    keep = float(np.exp(-1.0 / minutes))
    steps = rng.normal(0.0, size * float(np.sqrt(1.0 - keep * keep)), count)
    out, value = np.empty(count), 0.0
    for place, step in enumerate(steps):
        value = keep * value + step
        out[place] = value
    return out


def _cycles(count: int, period: float, share: float, rng: np.random.Generator) -> Floats:
    """1 for `share` of each period, whose length varies a little."""
    lengths = np.maximum(rng.normal(period, 0.1 * period, int(count / period * 1.5) + 5), 5.0)
    starts = np.cumsum(lengths)
    minute = np.arange(count)
    at = np.searchsorted(starts, minute, side="right")
    begin = np.concatenate([[0.0], starts])[at]
    return ((minute - begin) < share * lengths[np.minimum(at, len(lengths) - 1)]).astype(float)


def _used(begins: NDArray[np.bool_], length: float, rng: np.random.Generator) -> Floats:
    """1 while used: each start lasts about `length` minutes."""
    on = np.zeros(len(begins))
    for place in np.flatnonzero(begins):
        on[place : place + max(int(rng.normal(length, 0.25 * length)), 1)] = 1.0
    return on


def _away(count: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Some homes are empty for some days: no anomaly."""
    away = np.zeros(count, dtype=bool)
    if rng.random() < 0.3:
        begin = int(rng.integers(0, count))
        away[begin : begin + int(rng.integers(1440, 4 * 1440))] = True
    return away
