"""A fire sensor that is broken, told apart from a fire: frozen, missing, impossible or contradictory measurements."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from meterflow.scoring.fire_features import CO2_LEAST, GAS, THERMAL, FireRow
from meterflow.scoring.fire_jumps import FireJumps
from meterflow.scoring.repeats import Repeats

# The camera in low gain and the gas sensor tell nothing beyond these (FLIR Lepton 3.5, Sensirion SCD41), with a margin.
_DEGREES = (-60.0, 700.0)
_PPM_MOST = 60_000.0
# Air outside has about 420 ppm CO2; a sensor whose quiet level is below this has drifted.
_PPM_OUTDOOR_LEAST = 340.0
_FROZEN_ROWS = 10
_FROZEN_GAS_ROWS = 20  # a CO2 sensor measures every 5 s only and repeats itself between
# Gas must have moved so many times: one coarse value may stand for long in a calm room, fifteen fine ones may not.
_GAS_MOVES = 10.0
_MISSING_ROWS = 10
# A camera that has been consistent in so many rows is believed to be one that can be.
_ORDERED_ROWS = 20.0
_TOLERANCE = 2.0
_CONTRADICTED_ROWS = 3


@dataclass(slots=True)
class FireFaults:
    """What is wrong with either sense of one sensor."""

    thermal: Repeats = field(default_factory=lambda: Repeats(prior=0.2))
    gas: Repeats = field(default_factory=lambda: Repeats(prior=0.5))
    jumps: FireJumps = field(default_factory=FireJumps)
    missing: dict[str, int] = field(default_factory=dict)  # rows in turn without a sense that was there before
    ordered: float = 0.0  # rows in which no statistic contradicted another
    contradicted: int = 0  # rows in turn in which one did

    def observe(self, row: FireRow, usual_gas: float | None) -> dict[str, str]:
        """The faulty senses (`thermal`, `gas`) of `row` and what is wrong, in words. Updates the state."""
        found = dict[str, str]()
        camera = tuple(getattr(row, name) for name in THERMAL)
        air = tuple(getattr(row, name) for name in GAS)
        for sense, values, repeats, rows in (
            ("thermal", camera, self.thermal, _FROZEN_ROWS),
            ("gas", air, self.gas, _FROZEN_GAS_ROWS),
        ):
            if all(value is None for value in values):
                if sense in self.missing:
                    self.missing[sense] += 1
                    if self.missing[sense] >= _MISSING_ROWS:
                        found[sense] = f"no {sense} measurement for {self.missing[sense]} rows"
                continue
            self.missing[sense] = 0
            if repeats.observe(values, rows) and (sense == "thermal" or repeats.rows >= _GAS_MOVES):
                found[sense] = f"every {sense} value has been the same for {repeats.run + 1} rows"
        found = self.jumps.observe(row) | found
        impossible = _impossible(row, usual_gas)
        contradiction = _contradiction(row)
        self.contradicted = 0 if contradiction is None else self.contradicted + 1
        if contradiction is None:
            self.ordered = min(self.ordered + 1.0, 1000.0)
        elif self.ordered >= _ORDERED_ROWS and self.contradicted >= _CONTRADICTED_ROWS and "thermal" not in impossible:
            impossible["thermal"] = contradiction
        else:
            self.ordered = max(self.ordered - 5.0, 0.0)
        return found | impossible

    def fresh(self, sense: str) -> bool:
        """Whether the newest row tells something new in `sense`: a repeated value confirms nothing."""
        return (self.thermal if sense == "thermal" else self.gas).run == 0

    def to_item(self) -> dict[str, Any]:
        """The state as JSON."""
        return {
            "thermal": self.thermal.to_item(),
            "gas": self.gas.to_item(),
            "jumps": self.jumps.to_item(),
            "missing": dict(self.missing),
            "ordered": self.ordered,
            "contradicted": self.contradicted,
        }

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """The inverse of `to_item`."""
        return cls(
            thermal=Repeats.from_item(item["thermal"]),
            gas=Repeats.from_item(item["gas"]),
            jumps=FireJumps.from_item(item["jumps"]),
            missing={str(sense): int(rows) for sense, rows in item["missing"].items()},
            ordered=float(item["ordered"]),
            contradicted=int(item["contradicted"]),
        )


def without(row: FireRow, senses: Mapping[str, str]) -> FireRow:
    """`row` without its faulty senses: what is left may still show a fire."""
    blank: dict[str, Any] = {}
    if "thermal" in senses:
        blank |= dict.fromkeys(THERMAL)
    if "gas" in senses:
        blank |= dict.fromkeys(GAS)
    return replace(row, **blank) if blank else row


def _impossible(row: FireRow, usual_gas: float | None) -> dict[str, str]:
    """Values that no such sensor gives while it works."""
    found = dict[str, str]()
    for name in ("t_max", "t_p95", "t_mean"):
        value = getattr(row, name)
        if value is not None and not _DEGREES[0] <= value <= _DEGREES[1]:
            found["thermal"] = f"{name} of {value:g} C is outside what the camera can measure"
    for name in ("t_hot_area_pct", "t_hot_largest_blob_pct"):
        value = getattr(row, name)
        if value is not None and value > 100.0 + _TOLERANCE:
            found["thermal"] = f"{name} of {value:g} % is more than the whole image"
    if row.t_max == 0.0 and row.t_mean == 0.0 and not row.t_std:
        found["thermal"] = "every temperature is exactly zero"
    if row.gas_val is not None:
        if row.gas_val > _PPM_MOST:
            found["gas"] = f"gas_val of {row.gas_val:g} is more than the sensor can measure"
        elif usual_gas is not None and usual_gas >= CO2_LEAST and row.gas_val < CO2_LEAST:
            found["gas"] = f"gas_val of {row.gas_val:g} ppm is below the air outside"
        elif usual_gas is not None and CO2_LEAST <= usual_gas < _PPM_OUTDOOR_LEAST:
            found["gas"] = f"gas_val has drifted below the air outside (usual {usual_gas:.0f} ppm)"
    return found


def _contradiction(row: FireRow) -> str | None:
    """A statistic of the image that another one of the same image rules out."""
    if row.t_max is not None:
        for name in ("t_mean", "t_p95"):
            value = getattr(row, name)
            if value is not None and value > row.t_max + _TOLERANCE:
                return f"{name} of {value:g} C is above t_max of {row.t_max:g} C"
    area, blob = row.t_hot_area_pct, row.t_hot_largest_blob_pct
    if area is not None and blob is not None and blob > area + _TOLERANCE:
        return f"the largest hot spot of {blob:g} % is larger than the hot area of {area:g} %"
    return None
