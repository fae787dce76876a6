"""A broken energy meter, told apart from what happens in the home: stuck, missing or impossible measurements."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from meterflow.scoring.energy_row import MEASUREMENTS, EnergyRow
from meterflow.scoring.repeats import Repeats

# Rows in turn that must be alike before a signal may be called stuck, and how often it repeats itself at the start.
# Current, power factor and temperature rest by nature, and their standing shows in the others.
_STUCK_ROWS = {"energy_consumption": 4, "voltage": 4}
_PRIORS = {"energy_consumption": 0.5, "voltage": 0.3}
_ALL_STUCK_ROWS = 4
# A signal must have moved so many times before its standing still means anything.
_MOVES = 30.0
_MISSING_ROWS = 10
_FACTOR_MOST = 1.05
_TEMPERATURE_C = (-50.0, 150.0)


@dataclass(slots=True)
class EnergyFaults:
    """What is wrong with each measurement of one device."""

    repeats: dict[str, Repeats] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)

    def observe(self, row: EnergyRow) -> dict[str, str]:
        """The faulty measurements of `row`, `all` for the whole device, and what is wrong in words."""
        found = dict[str, str]()
        for name in MEASUREMENTS:
            value = getattr(row, name)
            if value is None:
                self._missed(name, found)
                continue
            self.missing[name] = 0
            if name not in _STUCK_ROWS:
                continue
            repeats = self.repeats.setdefault(name, Repeats(prior=_PRIORS[name]))
            # A home at rest uses the same again and again: only a supply that moves on proves a counter stuck.
            if repeats.observe((value,), _STUCK_ROWS[name]) and repeats.rows >= _MOVES:
                found[name] = f"{name} has been {value:g} for {repeats.run + 1} rows"
        values = tuple(getattr(row, name) for name in MEASUREMENTS)
        together = self.repeats.setdefault("all", Repeats(prior=0.3))
        measured = sum(value is not None for value in values)
        if together.observe(values, _ALL_STUCK_ROWS) and measured >= 2 and together.rows >= _MOVES:
            found["all"] = f"all {measured} measurements have been the same for {together.run + 1} rows"
        return found | _impossible(row)

    def _missed(self, name: str, found: dict[str, str]) -> None:
        if name in self.missing:
            self.missing[name] += 1
            if self.missing[name] >= _MISSING_ROWS:
                found[name] = f"no {name} for {self.missing[name]} rows"

    def to_item(self) -> dict[str, Any]:
        """The state as JSON."""
        return {
            "repeats": {name: repeats.to_item() for name, repeats in self.repeats.items()},
            "missing": dict(self.missing),
        }

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """The inverse of `to_item`."""
        return cls(
            {str(name): Repeats.from_item(repeats) for name, repeats in item["repeats"].items()},
            {str(name): int(rows) for name, rows in item["missing"].items()},
        )


def _impossible(row: EnergyRow) -> dict[str, str]:
    """Values that no such meter gives while it works."""
    found = dict[str, str]()
    if row.power_factor is not None and abs(row.power_factor) > _FACTOR_MOST:
        found["power_factor"] = f"power_factor of {row.power_factor:g} is above 1"
    if row.temperature is not None and not _TEMPERATURE_C[0] <= row.temperature <= _TEMPERATURE_C[1]:
        found["temperature"] = f"temperature of {row.temperature:g} C is impossible"
    return found
