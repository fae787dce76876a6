"""Faults put into a real series of one energy device, of known kind, size and length, for the evaluation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from meterflow.scoring.energy_row import EnergyRow

Change = Callable[[EnergyRow, EnergyRow], EnergyRow]
"""(the row as it was, the last row before the fault) -> the row as a faulty device or supply gives it."""


@dataclass(frozen=True, slots=True)
class Injection:
    """A fault of `rows` rows. `needs`: measurements without which it cannot be seen or does not exist."""

    name: str
    rows: int
    change: Change
    needs: tuple[str, ...]


def _times(**factors: float) -> Change:
    """Each named measurement is multiplied."""

    def change(row: EnergyRow, before: EnergyRow) -> EnergyRow:  # noqa: ARG001
        measured = {name: getattr(row, name) for name in factors}
        return replace(row, **{name: value * factors[name] for name, value in measured.items() if value is not None})

    return change


def _held(*names: str) -> Change:
    """Each named measurement stays what it was before."""
    return lambda row, before: replace(row, **{name: getattr(before, name) for name in names})


def injections(rows_an_hour: float) -> Sequence[Injection]:
    """The faults of the evaluation, for a series of so many rows an hour."""

    def hours(count: float) -> int:
        return max(round(count * rows_an_hour), 1)

    return (
        Injection("sag -12 %, one row", 1, _times(voltage=0.88), ("voltage",)),
        Injection("sag -20 %, 5 min", hours(1 / 12), _times(voltage=0.8), ("voltage",)),
        Injection("sag -8 %, 1 h", hours(1), _times(voltage=0.92), ("voltage",)),
        Injection("swell +12 %, 5 min", hours(1 / 12), _times(voltage=1.12), ("voltage",)),
        Injection("spike x 10 of consumption, one row", 1, _times(energy_consumption=10.0), ("energy_consumption",)),
        Injection("spike x 3 of consumption, one row", 1, _times(energy_consumption=3.0), ("energy_consumption",)),
        Injection("spike x 5 of current, one row", 1, _times(current=5.0), ("current",)),
        Injection("consumption stuck, 4 h", hours(4), _held("energy_consumption"), ("energy_consumption",)),
        Injection("voltage stuck, 2 h", hours(2), _held("voltage"), ("voltage",)),
        Injection(
            "all stuck, 2 h",
            hours(2),
            _held("energy_consumption", "voltage", "current", "power_factor"),
            ("energy_consumption",),
        ),
        Injection("bypass: 40 % counted, 12 h", hours(12), _times(energy_consumption=0.4), ("energy_consumption",)),
        Injection("bypass: 70 % counted, 12 h", hours(12), _times(energy_consumption=0.7), ("energy_consumption",)),
        Injection(
            "bypass before the meter: 40 % of all, 24 h",
            hours(24),
            _times(energy_consumption=0.4, current=0.4),
            ("energy_consumption",),
        ),
        Injection("nothing counted, 3 h", hours(3), _times(energy_consumption=0.0), ("energy_consumption",)),
        Injection("power factor x 0.7, 1 h", hours(1), _times(power_factor=0.7), ("power_factor",)),
        Injection("power factor x 0.85, 1 h", hours(1), _times(power_factor=0.85), ("power_factor",)),
    )
