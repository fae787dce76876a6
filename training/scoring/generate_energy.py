"""Synthetic energy devices with ground truth: `python -m training.scoring.generate_energy --samples 120000`.

Each device is a home of its own for 6 to 16 days: appliances and supply as in `energy_home.py`, rows each 1, 5, 15 or
60 minutes in a unit of its own, with a meter's rounding; some lack measurements. Then sags, swells, interruptions,
tampering (bypass, nothing counted), power factor faults, over-current, and broken meters (stuck, spikes, dropout),
each with its truth. Everything follows from the seed. The data are synthetic.
"""

import argparse
import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from meterflow.scoring.energy_row import MEASUREMENTS, EnergyRow
from training.scoring.energy_home import Floats, load, voltage

START = datetime(2025, 1, 6, tzinfo=UTC)
EVENTS = ("sag", "swell", "interruption", "bypass", "whole bypass", "nothing counted", "power factor", "over-current")
FAULTS = ("consumption stuck", "voltage stuck", "all stuck", "spike", "dropout")
# A home is left alone at first, so that there is a history to compare with.
_QUIET_DAYS = 2.5


@dataclass(slots=True)
class Device:
    """One device's rows and what truly happened. NaN: not measured."""

    device_id: str
    start: datetime
    minutes: int
    columns: dict[str, Floats]
    cause: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.cause)

    def rows(self) -> Iterator[EnergyRow]:
        """As the scorer gets them."""
        columns = [self.columns[name] for name in MEASUREMENTS]
        for number in range(len(self)):
            values = [None if np.isnan(column[number]) else float(column[number]) for column in columns]
            yield EnergyRow(self.start + timedelta(minutes=self.minutes * number), *values)


def device(seed: int, number: int) -> Device:
    """Device `number` of `seed`."""
    rng = np.random.default_rng([seed, number])
    step = int(rng.choice([1, 5, 15, 60], p=[0.25, 0.35, 0.25, 0.15]))
    days = {1: 6, 5: 9, 15: 12, 60: 16}[step]
    minutes = np.arange(days * 1440)
    nominal = float(rng.choice([120.0, 127.0, 220.0, 230.0, 240.0], p=[0.2, 0.05, 0.15, 0.45, 0.15]))
    home = load(minutes, rng)
    apparent = np.hypot(home.watts, home.vars)
    volts = voltage(apparent / nominal, nominal, rng)
    amperes = apparent / volts
    columns = _rows(home.watts, volts, amperes, home.watts / apparent, step, rng)
    cause = np.full(len(columns["voltage"]), "", dtype="<U20")
    for _ in range(int(rng.choice([0, 1, 2, 3], p=[0.3, 0.35, 0.2, 0.15]))):
        _happen(columns, cause, step, rng)
    _round(columns, nominal, rng)
    for name in rng.choice(MEASUREMENTS, int(rng.choice([0, 1, 2, 3], p=[0.4, 0.2, 0.2, 0.2])), replace=False):
        if name != "energy_consumption":
            columns[str(name)][:] = np.nan
    return Device(
        f"ENERGY-{seed}-{number:05d}", START + timedelta(days=int(rng.integers(0, 52)) * 7), step, columns, cause
    )


def _rows(
    watts: Floats, volts: Floats, amperes: Floats, factor: Floats, step: int, rng: np.random.Generator
) -> dict[str, Floats]:
    """Minutes to rows: energy or mean power in the device's unit; the rest as means or as the interval's last value."""

    def mean(values: Floats) -> Floats:
        return np.asarray(values.reshape(-1, step).mean(axis=1))

    last = rng.random() < 0.25
    unit = float(rng.choice([1.0, 1e-3, step / 60.0, step / 60e3]))
    consumption = mean(watts) * unit
    if last:
        volts, amperes, factor = (values.reshape(-1, step)[:, -1] for values in (volts, amperes, factor))
    else:
        factor = mean(watts) / np.maximum(mean(volts) * mean(amperes), 1e-9)
        volts, amperes = mean(volts), mean(amperes)
    warm = rng.normal(28.0, 5.0) + 0.15 * amperes + rng.normal(0.0, 0.5, len(amperes))
    return {
        "energy_consumption": consumption,
        "voltage": volts.copy(),
        "current": amperes.copy(),
        "power_factor": np.clip(factor, 0.05, 1.0),
        "temperature": warm,
    }


def _happen(columns: dict[str, Floats], cause: NDArray[np.str_], step: int, rng: np.random.Generator) -> None:
    """Put one event or fault in, where nothing else is."""
    kind = str(rng.choice([*EVENTS, *FAULTS]))
    hours = {
        "sag": rng.uniform(0.02, 3.0), "swell": rng.uniform(0.02, 3.0), "interruption": rng.uniform(0.1, 4.0),
        "spike": 0.0, "over-current": rng.uniform(0.02, 1.0), "power factor": rng.uniform(0.5, 24.0),
    }.get(kind, rng.uniform(2.0, 30.0))  # fmt: skip
    length = max(round(hours * 60 / step), 1)
    first = round(_QUIET_DAYS * 1440 / step)
    if first + length >= len(cause):
        return
    begin = int(rng.integers(first, len(cause) - length))
    at = slice(begin, begin + length)
    if (cause[at] != "").any():
        return
    cause[at] = kind
    used, volts, amperes = columns["energy_consumption"], columns["voltage"], columns["current"]
    if kind in {"sag", "swell"}:
        volts[at] *= rng.uniform(0.6, 0.92) if kind == "sag" else rng.uniform(1.08, 1.3)
    elif kind == "interruption":
        for name in ("voltage", "energy_consumption", "current"):
            columns[name][at] = 0.0
    elif kind in {"bypass", "whole bypass"}:
        share = rng.uniform(0.1, 0.75)
        used[at] *= share
        amperes[at] *= share if kind == "whole bypass" else 1.0
    elif kind == "nothing counted":
        used[at] = 0.0
    elif kind == "power factor":
        columns["power_factor"][at] *= rng.uniform(0.45, 0.85)
    elif kind == "over-current":
        times = rng.uniform(1.8, 4.0) * amperes.max() / np.maximum(amperes[at], 1e-6)
        amperes[at] *= times
        used[at] *= times
    elif kind == "spike":
        used[at] *= rng.uniform(4.0, 50.0)
    elif kind == "dropout":
        for name in MEASUREMENTS:
            columns[name][at] = np.nan
    else:
        held = {"consumption stuck": ("energy_consumption",), "voltage stuck": ("voltage",)}.get(kind, MEASUREMENTS)
        for name in held:
            columns[name][at] = columns[name][begin]


def _round(columns: dict[str, Floats], nominal: float, rng: np.random.Generator) -> None:
    """A meter's resolution: 1 to 10 W or so, 0.01 to 0.5 V, 0.01 to 0.2 A."""
    typical = float(np.nanmedian(columns["energy_consumption"]))
    resolutions = {
        "energy_consumption": 10.0 ** np.floor(np.log10(max(typical, 1e-9)) - rng.choice([1, 2, 3])),
        "voltage": nominal / 230.0 * float(rng.choice([0.01, 0.1, 0.5])),
        "current": float(rng.choice([0.01, 0.1, 0.2])),
        "power_factor": 0.01,
        "temperature": float(rng.choice([0.1, 0.5, 1.0])),
    }
    for name, resolution in resolutions.items():
        columns[name][:] = np.round(np.round(columns[name] / resolution) * resolution, 6)


def main() -> None:
    """Write a file of rows with their truth."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--samples", type=int, default=120_000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--out", type=Path)
    chosen = arguments.parse_args()
    with chosen.out.open("w", newline="") if chosen.out else sys.stdout as file:
        writer = csv.writer(file)
        writer.writerow(["device_id", "timestamp", *MEASUREMENTS, "cause"])
        written, number = 0, 0
        while written < chosen.samples:
            one = device(chosen.seed, number)
            for row, cause in zip(one.rows(), one.cause, strict=True):
                measured = [getattr(row, name) for name in MEASUREMENTS]
                writer.writerow([one.device_id, row.timestamp.isoformat(), *measured, str(cause)])
            written, number = written + len(one), number + 1


if __name__ == "__main__":
    main()
