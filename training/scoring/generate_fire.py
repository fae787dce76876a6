"""Synthetic fire sensors with ground truth: `python -m training.scoring.generate_fire --samples 120000 --out fire.csv`.

Each sensor is a sequence of its own in a room of its own with a camera of its own: quiet, then a fire, a nuisance, or
both, and sometimes a broken sense. Physics in `fire_scene.py`, images in `fire_camera.py`. Everything follows from the
seed; sensor n of a seed is the same however many are asked for. The data are synthetic: no real fire is among them.
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

from meterflow.scoring.fire_features import FEATURES, GAS, THERMAL, FireRow
from training.scoring.fire_camera import HEIGHT, WIDTH, Camera, measure, paint, velocity
from training.scoring.fire_scene import NUISANCES, Floats, Happening, carbon_dioxide, fire, nuisance, room

START = datetime(2025, 1, 6, tzinfo=UTC)
FAULTS = (
    "freeze",
    "freeze thermal",
    "freeze gas",
    "dropout",
    "zeros",
    "gas drift",
    "hot pixel",
    "gas spikes",
    "thermal jump",
)


@dataclass(slots=True)
class Sensor:
    """One sensor's rows and what truly happened. NaN: not measured."""

    sensor_id: str
    zone: str
    start: datetime
    seconds: Floats
    features: dict[str, Floats]
    kilowatts: Floats
    fire: str  # how it grows, "" for none
    nuisances: tuple[str, ...]
    fault: str
    faulty: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.seconds)

    def rows(self) -> Iterator[FireRow]:
        """As the scorer gets them."""
        columns = [self.features[name] for name in FEATURES]
        for number, second in enumerate(self.seconds):
            values = [None if np.isnan(column[number]) else float(column[number]) for column in columns]
            moment = self.start + timedelta(seconds=float(second))
            yield FireRow(moment, *values, facility_zone=self.zone)


def sensor(seed: int, number: int) -> Sensor:
    """Sensor `number` of `seed`."""
    rng = np.random.default_rng([seed, number])
    rows = int(rng.integers(100, 240))
    interval = float(rng.choice([1.0, 2.0, 5.0, 10.0, 30.0, 60.0], p=[0.1, 0.1, 0.25, 0.25, 0.2, 0.1]))
    seconds = interval * (np.arange(rows) + rng.uniform(-0.05, 0.05, rows))
    place, camera = room(rng), Camera.draw(rng)
    burning = rng.random() < 0.4
    count = int(rng.choice([0, 1, 2], p=[0.35, 0.45, 0.2] if burning else [0.15, 0.5, 0.35]))
    kinds = tuple(str(kind) for kind in rng.choice(NUISANCES, count, replace=False))
    happenings = [nuisance(kind, seconds, rng.uniform(-0.3, 0.8) * seconds[-1], place, rng) for kind in kinds]
    kilowatts, growth = np.zeros(rows), ""
    if burning:
        begin = seconds[-1] * (rng.uniform(0.02, 0.08) if rng.random() < 0.1 else rng.uniform(0.3, 0.75))
        burns, kilowatts, growth = fire(seconds, begin, place, rng)
        happenings.append(burns)
    features = _sense(seconds, happenings, place.ambient, camera, rng)
    emitted = np.sum([happening.co2 for happening in happenings], axis=0) if happenings else np.zeros(rows)
    features |= _air(carbon_dioxide(emitted, seconds, place, rng), seconds, camera, rng)
    fault, faulty = _break(features, kilowatts, rng)
    _leave_out(features, rng)
    digits = int(rng.choice([1, 2, 4]))
    return Sensor(
        sensor_id=f"FIRE-{seed}-{number:05d}",
        zone="CRITICAL" if rng.random() < 0.3 else "STANDARD",
        start=START + timedelta(minutes=int(rng.integers(0, 525_600))),
        seconds=seconds,
        features={name: np.round(features[name], digits) for name in FEATURES},
        kilowatts=kilowatts,
        fire=growth,
        nuisances=kinds,
        fault=fault,
        faulty=faulty,
    )


def _sense(
    seconds: Floats, happenings: list[Happening], ambient: float, camera: Camera, rng: np.random.Generator
) -> dict[str, Floats]:
    """The camera's features of all that happens."""
    rows = len(seconds)
    drift = 1.5 * np.sin(2 * np.pi * seconds / 86400.0 + rng.uniform(0, 6)) + np.cumsum(rng.normal(0, 0.01, rows))
    texture = np.kron(rng.normal(0.0, rng.uniform(0.2, 2.0), (HEIGHT // 6, WIDTH // 6)), np.ones((6, 6)))
    layer = np.sum([happening.layer for happening in happenings], axis=0) if happenings else np.zeros(rows)
    spots = [spot for happening in happenings for spot in happening.spots]
    scene = (ambient + drift, layer, texture.astype(np.float32), spots, camera)
    return measure(paint(*scene, rng), paint(*scene, rng), seconds, camera)


def _air(ppm: Floats, seconds: Floats, camera: Camera, rng: np.random.Generator) -> dict[str, Floats]:
    """The gas sensor's three features: noise of its data sheet's size, and its own unit of speed."""
    shown = np.maximum(ppm * (1.0 + rng.normal(0.0, 0.03)) + rng.normal(0.0, rng.uniform(1.0, 12.0), len(ppm)), 380.0)
    delta = np.diff(shown, prepend=shown[0])
    return {"gas_val": shown, "gas_delta": delta, "gas_vel": velocity(delta, seconds, camera.velocity)}


def _break(features: dict[str, Floats], kilowatts: Floats, rng: np.random.Generator) -> tuple[str, NDArray[np.bool_]]:
    """Sometimes break a sense, in place, only where nothing burns; says which fault and in which rows."""
    rows, faulty = len(kilowatts), np.zeros(len(kilowatts), dtype=bool)
    calm = int(np.argmax(kilowatts > 0)) if kilowatts.any() else rows
    if rng.random() > 0.2 or calm < 60:
        return "", faulty
    fault = str(rng.choice(FAULTS))
    begin = int(rng.integers(20, calm - 30))
    end = min(begin + int(rng.integers(25, 80)), calm)
    faulty[begin:end] = True
    if fault.startswith("freeze"):
        for name in {"freeze": FEATURES, "freeze thermal": THERMAL, "freeze gas": GAS}[fault]:
            features[name][begin:end] = features[name][begin]
    elif fault in {"dropout", "zeros"}:
        for name in FEATURES:
            features[name][begin:end] = np.nan if fault == "dropout" else 0.0
    elif fault == "gas drift":
        features["gas_val"][begin:end] += np.linspace(0.0, rng.uniform(-300.0, 600.0), end - begin)
    elif fault == "hot pixel":
        heat = rng.uniform(60.0, 140.0)
        for name in ("t_max", "tproxy_val"):
            features[name][begin:end] = np.maximum(features[name][begin:end], heat + rng.normal(0, 0.3, end - begin))
    elif fault == "gas spikes":
        spikes = rng.random(end - begin) < 0.1
        features["gas_val"][begin:end] += spikes * rng.uniform(500.0, 8000.0, end - begin)
    else:
        for name in ("t_mean", "t_max", "t_p95", "tproxy_val"):
            features[name][begin:end] += rng.uniform(15.0, 60.0)
    return fault, faulty


def _leave_out(features: dict[str, Floats], rng: np.random.Generator) -> None:
    """Some sensors lack a sense or a few features; some rows lack single values."""
    absent: set[str] = set()
    if rng.random() < 0.1:
        absent |= set(GAS)
    elif rng.random() < 0.05:
        absent |= set(THERMAL)
    elif rng.random() < 0.2:
        absent |= set(map(str, rng.choice(FEATURES, int(rng.integers(1, 8)), replace=False)))
    for name in FEATURES:
        if name in absent:
            features[name][:] = np.nan
        elif rng.random() < 0.1:
            features[name][rng.random(len(features[name])) < 0.02] = np.nan


def main() -> None:
    """Write a file of rows with their truth."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--samples", type=int, default=120_000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--out", type=Path)
    chosen = arguments.parse_args()
    with chosen.out.open("w", newline="") if chosen.out else sys.stdout as file:
        writer = csv.writer(file)
        writer.writerow(["sensor_id", "timestamp", "facility_zone", *FEATURES, "kilowatts", "nuisances", "fault"])
        written, number = 0, 0
        while written < chosen.samples:
            one = sensor(chosen.seed, number)
            for row, power, broken in zip(one.rows(), one.kilowatts, one.faulty, strict=True):
                measured = [getattr(row, name) for name in FEATURES]
                truth = [f"{power:.2f}", "+".join(one.nuisances), one.fault if broken else ""]
                writer.writerow([one.sensor_id, row.timestamp.isoformat(), one.zone, *measured, *truth])
            written, number = written + len(one), number + 1


if __name__ == "__main__":
    main()
