"""Synthetic leak sensors with ground truth: `python -m training.scoring.generate_leak --samples 120000 --out leak.csv`.

Each sensor is a sequence of its own: a zone of 0.5 to 500 l/s at 1 to 10 bar, read every 5 to 60 minutes over weeks,
with some of: leaks that grow or break open, bursts, a hydrant in use, a valve that closes, drift, freeze, dropout,
spikes. `training/scoring/leak_network.py` has the physics. Everything follows from the seed; sensor n of a seed is the
same however many are asked for.
"""

import argparse
import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from meterflow.scoring.leak_features import LeakRow
from training.scoring.leak_network import BAR_PER_METRE, Floats, Pipe, demand, leak_flow, source_head

START = datetime(2025, 1, 6, tzinfo=UTC)
BURST_SHARE = 0.25
"""An abrupt leak of at least this share of the mean flow is a burst."""


@dataclass(slots=True)
class Sensor:
    """One sensor's rows and what truly happened. NaN: not measured."""

    sensor_id: str
    zone: str
    hours: float
    start: datetime
    pressure: Floats
    flow: Floats
    temperature: Floats
    leak: NDArray[np.bool_]
    burst: NDArray[np.bool_]
    fault: NDArray[np.str_]
    events: list[tuple[str, int, int, float]] = field(default_factory=list)
    """(leak, growing or burst; first row; row behind the last; share of the mean flow)."""

    def __len__(self) -> int:
        return len(self.leak)

    def rows(self) -> Iterator[LeakRow]:
        """As the scorer gets them."""
        for at in range(len(self)):
            moment = self.start + timedelta(hours=self.hours * at)
            yield LeakRow(
                moment,
                _measured(self.pressure[at]),
                _measured(self.flow[at]),
                _measured(self.temperature[at]),
                self.zone,
            )


def _measured(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def sensor(seed: int, number: int, *, least: float = 0.5, most: float = 500.0) -> Sensor:
    """Sensor `number` of `seed`, with a mean flow between `least` and `most` l/s."""
    rng = np.random.default_rng([seed, number])
    minutes = int(rng.choice([5, 10, 15, 30, 60], p=[0.15, 0.1, 0.3, 0.3, 0.15]))
    rows = int({5: 4000, 10: 3000, 15: 2500, 30: 1800, 60: 1200}[minutes] * rng.uniform(0.8, 1.3))
    step = minutes / 60
    start = START + timedelta(days=int(rng.integers(0, 365)), hours=int(rng.integers(0, 24)))
    clock = start.hour + step * np.arange(rows)
    hour, day = clock % 24, (clock // 24).astype(np.int64)
    weekday = (start.weekday() + day) % 7

    mean = float(np.exp(rng.uniform(np.log(least), np.log(most)))) / 1000
    pipe = Pipe.for_flow(mean, rng)
    drawn = demand(hour, weekday, day, mean, rng)
    source = source_head(hour, 0.0, rng)
    wanted = rng.uniform(12, 95)  # metres at the sensor
    source += wanted + float(np.mean(pipe.loss(drawn)))
    found = Sensor(
        f"SYN-{seed}-{number:05d}",
        "CRITICAL" if rng.random() < 0.25 else "STANDARD",
        step,
        start,
        *(np.full(rows, np.nan) for _ in range(3)),
        leak=np.zeros(rows, dtype=bool),
        burst=np.zeros(rows, dtype=bool),
        fault=np.full(rows, "", dtype="<U8"),
    )
    area = _openings(found, drawn, wanted, rng)
    drawn = _disturb(found, drawn, source, rng)
    _measure(found, drawn, source, area, pipe, rng)
    _break_sensor(found, rng)
    return found


def _openings(found: Sensor, drawn: Floats, head: float, rng: np.random.Generator) -> Floats:
    """The open area by row (m²) and the truth about it. The first days are mostly whole."""
    rows, day = len(found), max(1, int(24 / found.hours))
    area = np.zeros(rows)
    at = int(rng.uniform(3, 12) * day)
    while at < rows - day // 2 and rng.random() < 0.75:
        kind = str(rng.choice(["leak", "growing", "burst"], p=[0.4, 0.25, 0.35]))
        share = float(np.exp(rng.uniform(*np.log([0.25, 2.0] if kind == "burst" else [0.03, 0.35]))))
        if kind == "leak" and share >= BURST_SHARE:
            kind = "burst"
        length = int(day * (rng.uniform(0.3, 3) if kind == "burst" else rng.uniform(1.5, 9)))
        end = min(rows, at + length)
        full = share * drawn.mean() / float(leak_flow(np.array(head), np.array(1.0), 0.0))
        grown = np.full(end - at, 1.0)
        if kind == "growing":
            grown = np.minimum(1.0, np.arange(1, end - at + 1) / (day * rng.uniform(0.5, 4)))
        area[at:end] += full * grown
        visible = grown * share > 0.015
        found.leak[at:end] |= visible
        found.burst[at:end] |= kind == "burst"
        found.events.append((kind, at + int(np.argmax(visible)), end, share))
        at = end + int(rng.uniform(2, 8) * day)
    return area


def _disturb(found: Sensor, drawn: Floats, source: Floats, rng: np.random.Generator) -> Floats:
    """What is no leak but looks like one: a hydrant for an hour or two, a valve that lowers the pressure for good."""
    rows = len(found)
    for _ in range(rng.poisson(0.7)):
        at, length = int(rng.integers(0, rows)), max(1, int(rng.uniform(0.2, 2) / found.hours))
        drawn[at : at + length] += rng.uniform(0.2, 1.0) * drawn.mean()
    if rng.random() < 0.15:
        source[int(rng.integers(0, rows)) :] += rng.uniform(-6, 6)
    return drawn


def _measure(found: Sensor, drawn: Floats, source: Floats, area: Floats, pipe: Pipe, rng: np.random.Generator) -> None:
    """Solve flow and pressure together, place the sensor, add what the instruments add."""
    rows, hour = len(found), (found.start.hour + found.hours * np.arange(len(found))) % 24
    slope = float(rng.choice([0.0, 0.005, 0.02]))
    head = source - pipe.loss(drawn)
    lost = np.zeros(rows)
    for _ in range(12):  # damped: a burst lowers the very head that drives it
        lost = 0.5 * lost + 0.5 * leak_flow(head, area, slope)
        head = np.maximum(source - pipe.loss(drawn + lost), 0.0)
    place = rng.choice(["inner", "inlet", "branch"], p=[0.6, 0.2, 0.2])
    flow = drawn + lost
    if place == "inlet":  # next to the source: the pressure hardly answers
        head = source - rng.uniform(0.05, 0.3) * (source - head)
    elif place == "branch":  # a branch beside the leak, which it feels by its pressure alone
        flow = drawn * np.sqrt(np.maximum(head, 0.0) / np.maximum(source - pipe.loss(drawn), 1.0))
    noise = 10 ** rng.uniform(-3.5, -2)
    pressure = head * BAR_PER_METRE * (1 + noise * rng.normal(size=rows))
    flow = flow * 1000 * (1 + 10 ** rng.uniform(-3.5, -1.7) * rng.normal(size=rows))
    found.pressure[:] = np.maximum(_rounded(pressure, float(rng.choice([0.001, 0.01, 0.01, 0.05]))), 0.0)
    found.flow[:] = np.maximum(_rounded(flow, float(rng.choice([0.001, 0.01])) * max(1.0, flow.mean() / 10)), 0.0)
    warm = rng.uniform(8, 18) + rng.uniform(0, 2) * np.sin((hour - 9) / 24 * 2 * np.pi)
    found.temperature[:] = np.round(warm + 0.2 * rng.normal(size=rows), 1)
    absent = rng.random()
    if absent < 0.25 or place == "branch":
        found.flow[:] = np.nan
    elif absent < 0.4:
        found.pressure[:] = np.nan
    if rng.random() < 0.5:
        found.temperature[:] = np.nan


def _rounded(values: Floats, step: float) -> Floats:
    return np.round(values / step) * step


def _break_sensor(found: Sensor, rng: np.random.Generator) -> None:
    """Drift, freeze, dropout and spikes of one measurement."""
    rows, day = len(found), max(1, int(24 / found.hours))
    for values in (found.pressure, found.flow):
        if np.isnan(values).all():
            continue
        middle = float(np.nanmean(values))
        for _ in range(rng.poisson(1.0)):  # spikes of one row
            values[int(rng.integers(0, rows))] *= float(rng.choice([0.3, 0.6, 1.5, 2.0]))
        if rng.random() < 0.3:
            continue
        at = int(rng.integers(2 * day, max(2 * day + 1, rows)))
        kind = str(rng.choice(["drift", "freeze", "dropout", ""], p=[0.2, 0.2, 0.2, 0.4]))
        end = min(rows, at + int(day * (rng.uniform(3, 12) if kind == "drift" else rng.uniform(0.1, 2))))
        if kind == "drift":
            values[at:end] += middle * rng.uniform(0.03, 0.25) * rng.choice([-1, 1]) * np.linspace(0, 1, end - at)
            values[at:end] = np.maximum(values[at:end], 0.0)
        elif kind == "freeze":
            values[at:end] = values[at]
        elif kind == "dropout":
            values[at:end] = np.nan if rng.random() < 0.6 else 0.0
        if kind:
            found.fault[at:end] = kind


def sensors(seed: int, samples: int, **limits: float) -> Iterator[Sensor]:
    """Sensors until they have `samples` rows together."""
    rows, number = 0, 0
    while rows < samples:
        found = sensor(seed, number, **limits)
        yield found
        rows, number = rows + len(found), number + 1


def main(arguments: list[str] | None = None) -> None:
    """Write the rows and their truth as CSV."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--samples", type=int, default=120_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(arguments)
    with options.out.open("w", newline="") if options.out else sys.stdout as file:
        writer = csv.writer(file)
        names = ["sensor_id", "timestamp", "pressure_bar", "flow_rate_lps", "temperature_c", "facility_zone"]
        writer.writerow([*names, "leak", "burst", "fault"])
        for found in sensors(options.seed, options.samples):
            for at, row in enumerate(found.rows()):
                measured = (row.pressure_bar, row.flow_rate_lps, row.temperature_c)
                cells = ["" if value is None else f"{value:.6g}" for value in measured]
                truth = [int(found.leak[at]), int(found.burst[at]), found.fault[at]]
                writer.writerow([found.sensor_id, row.timestamp.isoformat(), *cells, found.zone, *truth])


if __name__ == "__main__":
    main()
