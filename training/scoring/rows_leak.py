"""Rows for the leak models: generated sensors, seen through the features of the scorer itself."""

from collections.abc import Iterator
from itertools import count

import numpy as np

from meterflow.scoring.leak_features import RELATIVE, LeakFeatures
from training.scoring.generate_leak import Sensor, sensor
from training.scoring.matrix import Row, sample

NAMES = RELATIVE


def rows(seed: int) -> Iterator[Row]:
    """Rows without end. A cause is the event under way, else what is wrong with the sensor, else quiet."""
    for number in count():
        found = sensor(seed, number)
        yield from sample(_rows(found), seed, number)


def _rows(found: Sensor) -> list[Row]:
    state = LeakFeatures()
    event = np.full(len(found), "quiet", dtype="<U8")
    for kind, first, last, _share in found.events:
        event[first:last] = kind
    causes = np.where(found.leak, event, np.where(found.fault != "", found.fault, "quiet"))
    return [
        Row(
            found.sensor_id,
            found.zone,
            str(causes[at]),
            state.observe(row),
            {"leak": bool(found.leak[at]), "burst": bool(found.burst[at])},
        )
        for at, row in enumerate(found.rows())
    ]
