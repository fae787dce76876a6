"""A broken leak sensor, told apart from a leak: out of range, dropout, freeze, drift.

The first three take the measurement out of the row, so that neither the sensor's normal nor a model ever sees it.
Drift is told only where physics forbids the leak: pressure that slowly rises, flow that slowly falls, or pressure that
slowly falls at a sensor where it answers flow, while flow stays as usual.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from meterflow.scoring.leak_features import LeakFeatures, LeakRow
from meterflow.scoring.repeats import Repeats

MEASURED = {"pressure_bar": "pressure", "flow_rate_lps": "flow", "temperature_c": "temperature"}
_UNITS = {"pressure_bar": "bar", "flow_rate_lps": "l/s", "temperature_c": "C"}
_LIMITS = {"pressure_bar": 40.0, "flow_rate_lps": 20_000.0, "temperature_c": 95.0}
"""Beyond, no water main has it: pipes are made for 10 to 25 bar."""
_COLDEST = -40.0
_ABSENT_ROWS, _KNOWN_ROWS, _ZERO_HABIT = 3, 24, 3
_FROZEN_HOURS, _FROZEN_ROWS, _ODD = 3.0, 6, 1e-3
_DRIFTED, _APART, _STILL = 5.0, 4.0, 1.5
"""Scatters over three days that count as drift, over a day that set pressure apart from flow, and that are as usual."""


class LeakFaults:
    """What the faults of one sensor need to remember."""

    def __init__(self) -> None:
        self._runs = {name: Repeats(prior=0.6) for name in ("pressure_bar", "flow_rate_lps")}
        self._rows = dict.fromkeys(MEASURED, 0)
        self._absent = dict.fromkeys(MEASURED, 0)
        self._zeros = dict.fromkeys(self._runs, 0)  # how often it came to stand at 0
        self._at_zero = dict.fromkeys(self._runs, False)

    def observe(self, row: LeakRow, hours: float, features: LeakFeatures) -> dict[str, str]:
        """The faults of `row`, by measurement, in words. `hours`: between rows, 0 where unknown."""
        found: dict[str, str] = {}
        for name, word in MEASURED.items():
            value = getattr(row, name)
            fault = self._absence(name, value)
            if value is not None:
                fault = self._beyond(name, value, features) or self._lost(name, row, features)
                if fault is None and name in self._runs:
                    fault = self._frozen(name, value, hours)
            if fault:
                found[name] = f"{word} {fault}"
        return found

    def _absence(self, name: str, value: float | None) -> str | None:
        if value is not None:
            self._rows[name] += 1
            self._absent[name] = 0
            return None
        self._absent[name] += 1
        if self._rows[name] < _KNOWN_ROWS or self._absent[name] < _ABSENT_ROWS or name == "temperature_c":
            return None
        return f"has been missing for {self._absent[name]} rows (dropout)"

    def _beyond(self, name: str, value: float, features: LeakFeatures) -> str | None:
        """More than a main can have, from a sensor that usually has less: one in kPa or metres always has more."""
        normal = {"pressure_bar": features.pressure, "flow_rate_lps": features.flow}.get(name)
        usual = 0.0 if normal is None else normal.mean
        if (value > _LIMITS[name] > 2.0 * usual) or (name == "temperature_c" and value < _COLDEST):
            known = normal is None or normal.rows >= _KNOWN_ROWS
            return f"of {value:g} {_UNITS[name]} is outside what is physically possible" if known else None
        return None

    def _lost(self, name: str, row: LeakRow, features: LeakFeatures) -> str | None:
        """Exactly zero where that is no habit: the transmitter, not the pipe."""
        value = getattr(row, name)
        if name == "temperature_c":
            return None
        if value == 0.0 and not self._at_zero[name]:
            self._zeros[name] += 1
        self._at_zero[name] = value == 0.0
        normal = features.pressure if name == "pressure_bar" else features.flow
        if value != 0.0 or normal.rows < _KNOWN_ROWS or self._zeros[name] >= _ZERO_HABIT:
            return None
        return f"fell to exactly 0 from {normal.last:.3g} {_UNITS[name]} (dropout)"

    def _frozen(self, name: str, value: float, hours: float) -> str | None:
        least = max(_FROZEN_ROWS, round(_FROZEN_HOURS / hours)) if hours > 0.0 else _FROZEN_ROWS
        stands = self._runs[name].observe((value,), least)
        if stands and value != 0.0 and self._rows[name] >= 2 * _KNOWN_ROWS:
            return f"has stood at exactly {value:g} {_UNITS[name]} for {self._runs[name].run + 1} rows (frozen)"
        return None

    def standing(self) -> list[str]:
        """The measurements that repeat oddly but not yet for long enough: to be passed over, and not yet told."""
        found = []
        for name, run in self._runs.items():
            chance = (run.repeated + 10 * run.prior) / (run.rows + 10)
            if run.run >= 2 and run.run > run.longest and chance**run.run < _ODD:
                found.append(name)
        return found

    def to_item(self) -> dict[str, Any]:
        """The memory as JSON."""
        runs = {name: run.to_item() for name, run in self._runs.items()}
        return {"runs": runs, "rows": self._rows, "absent": self._absent, "zeros": self._zeros, "at": self._at_zero}

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> "LeakFaults":
        """The memory of `to_item`."""
        faults = cls()
        faults._runs = {name: Repeats.from_item(run) for name, run in item["runs"].items()}
        faults._rows, faults._absent = dict(item["rows"]), dict(item["absent"])
        faults._zeros, faults._at_zero = dict(item["zeros"]), dict(item["at"])
        return faults


def sound(row: LeakRow, faults: Collection[str]) -> LeakRow:
    """`row` without its broken measurements."""
    if not faults:
        return row
    return replace(
        row,
        pressure_bar=None if "pressure_bar" in faults else row.pressure_bar,
        flow_rate_lps=None if "flow_rate_lps" in faults else row.flow_rate_lps,
        temperature_c=None if "temperature_c" in faults else row.temperature_c,
    )


def drift(row: LeakRow, features: LeakFeatures) -> str | None:
    """A slow change that no leak makes, in words."""
    pressure, flow = features.pressure, features.flow
    has_pressure, has_flow = row.pressure_bar is not None, row.flow_rate_lps is not None
    if has_pressure and pressure.days > 3.0:
        answers = has_flow and features.coupling.correlation() < -0.4
        still = abs(flow.z(1)) < _STILL and abs(flow.z(2)) < _STILL
        if answers and still and pressure.z(2) < -_APART and pressure.z(1) < -_STILL:
            return f"pressure stands {pressure.trails[2].value:+.2f} bar off with the flow as usual (drift)"
        if pressure.z(3) > _DRIFTED and pressure.slow() and not (has_flow and flow.z(2) < -_STILL):
            return f"pressure has crept {pressure.trails[3].value:+.2f} bar above its usual over days (drift)"
    if has_flow and flow.days > 3.0 and flow.slow() and flow.z(3) < -_DRIFTED:
        return f"flow has crept {flow.trails[3].value:+.3g} l/s below its usual over days (drift)"
    return None
