"""Rows for the fire model: generated sensors, seen through the scorer's own features, faults taken out as it does."""

from collections.abc import Iterator
from itertools import count

from meterflow.scoring.fire import SUSPECTED
from meterflow.scoring.fire_faults import FireFaults, without
from meterflow.scoring.fire_features import DERIVED, FEATURES, FireTracker, measurements
from meterflow.scoring.fire_rules import weigh
from training.scoring.generate_fire import Sensor, sensor
from training.scoring.matrix import Row, sample

NAMES = FEATURES + DERIVED
# A fire counts from this heat release on: a burning match is neither a fire to learn nor a quiet room.
LEAST_KW = 2.0


def rows(seed: int) -> Iterator[Row]:
    """Rows without end."""
    for number in count():
        yield from sample(list(of_sensor(sensor(seed, number))), seed, number)


def of_sensor(found: Sensor) -> Iterator[Row]:
    """One sensor's rows; those of a fire that has hardly begun are left out."""
    tracker, faults = FireTracker(), FireFaults()
    for row, kilowatts, broken in zip(found.rows(), found.kilowatts, found.faulty, strict=True):
        at = row.timestamp.timestamp()
        usual = tracker.quiet["gas_val"].level if "gas_val" in tracker.quiet else None
        sound = without(row, faults.observe(row, usual))
        derived = tracker.derive(sound, at)
        evidence = weigh(sound, derived, gas_known=usual is not None)
        tracker.learn(sound, at, derived, held=evidence.probability > SUSPECTED)
        if 0.0 < kilowatts < LEAST_KW or not (derived["has_thermal"] or derived["has_gas"]):
            continue
        cause = found.fire if kilowatts else found.fault if broken else "+".join(found.nuisances) or "quiet"
        yield Row(found.sensor_id, found.zone, cause, {**measurements(sound), **derived}, {"fire": kilowatts > 0.0})
