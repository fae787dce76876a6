"""Fire by rules: how strongly heat and gas each speak of a fire, and both together. No training, every bound is named.

The bounds follow what heat detectors are certified for: EN 54-5 class A1 answers at 54 to 65 degrees Celsius and at
rises of 10 degrees a minute and more. A flame flickers and its area grows (t-squared); a heater, the sun or a pan does
neither for long. Rooms with people reach about 1,500 ppm CO2 and rise by a few percent a minute, fires much faster.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from meterflow.scoring.fire_features import CO2_LEAST, FireRow
from meterflow.scoring.members import sigmoid

# What heat or gas alone can say at most: a hot stove is no fire, nor is a full meeting room.
_HEAT_ALONE = 0.75
_GAS_ALONE = 0.4
# A sensor that has never had a gas reading must be believed more on heat alone.
_HEAT_ONLY_SENSOR = 0.9


@dataclass(frozen=True, slots=True)
class Evidence:
    """`thermal` and `gas`: 0 to 1 each, 0 where not measured. `agreed`: both say so. `probability` of a fire."""

    thermal: float
    gas: float
    agreed: float
    probability: float


def weigh(row: FireRow, derived: Mapping[str, float], gas_known: bool) -> Evidence:
    """The evidence of one row. `gas_known`: the sensor has had gas readings, so heat alone is not all that it has."""
    thermal, gas = _thermal(derived), _gas(row, derived)
    agreed = min(thermal, gas)
    habitual = _thermal(derived, alone=True)
    heat_alone = _HEAT_ALONE if gas_known else _HEAT_ONLY_SENSOR
    probability = 1.0 - (1.0 - agreed) * (1.0 - heat_alone * habitual) * (1.0 - _GAS_ALONE * gas)
    return Evidence(thermal, gas, agreed, probability)


def _share(value: float, low: float, high: float) -> float:
    """0 at `low` and below, 1 at `high` and above, linear between."""
    return min(max((value - low) / (high - low), 0.0), 1.0)


def _thermal(derived: Mapping[str, float], alone: bool = False) -> float:
    """How hot, how large, how fast, how unsteady. `alone`: heat that the place is used to does not count."""
    if not derived.get("has_thermal"):
        return 0.0
    rise = derived["heat_habit"] if alone else derived["heat_rise"]
    level = _share(rise, 15.0, 50.0) * _share(derived["heat"], 45.0, 70.0)
    area = _share(derived.get("area_rise", 0.0), 0.0, 5.0)
    ramp = _share(derived.get("heat_slope", 0.0), 5.0, 25.0)
    growth = _share(derived.get("area_slope", 0.0), 0.0, 2.0)
    flicker = _share(max(derived.get("flow_ratio", 0.0), derived.get("diff_ratio", 0.0)), 0.5, 2.5)
    background = _share(derived.get("p95_rise", 0.0), 3.0, 20.0)
    # One pixel that is hot while its surroundings stay as they were is a fault or a reflex more often than a flame.
    if area < 0.004 and background == 0.0 and abs(derived.get("mean_rise", 0.0)) < 0.5:
        level *= 0.3
        ramp = 0.0
    return sigmoid(-4.5 + 3.0 * level + 1.2 * (area + ramp + growth + flicker) + background)


def _gas(row: FireRow, derived: Mapping[str, float]) -> float:
    """How many times the usual concentration, how fast, and for CO2 how much."""
    if row.gas_val is None or "gas_ratio" not in derived:
        return 0.0
    usual = max(row.gas_val - derived["gas_rise"], 1e-6)
    rise = _share(derived["gas_ratio"], 0.4, 1.5)
    if "gas_slope" in derived:
        speed = _share(derived["gas_slope"] / usual, 0.05, 0.4)
    else:
        speed = _share((row.gas_delta or 0.0) / usual, 0.02, 0.2)
    much = _share(row.gas_val, 1500.0, 5000.0) if usual >= CO2_LEAST else 0.0
    return sigmoid(-4.0 + 3.0 * rise + 3.0 * speed * min(2.0 * rise + 0.2, 1.0) + 2.0 * much)
