"""Synthetic leak sensors as a matrix for training: features by name, truth, and whose row it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meterflow.scoring.leak_features import LeakFeatures
from training.scoring.generate_leak import Sensor

EVERY = 8
"""One row in so many is kept: neighbours say nearly the same, and more sensors say more than more rows of one."""
FIRST_DAYS = 1.0
"""Before, a sensor's normal is unknown, and the scorer gives no verdict."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows x features in the order of `names` (NaN: absent), and for each row the truth."""

    names: tuple[str, ...]
    features: NDArray[np.float64]
    leak: NDArray[np.bool_]
    burst: NDArray[np.bool_]
    fault: NDArray[np.bool_]
    critical: NDArray[np.bool_]
    sensor: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.leak)

    def of(self, names: Sequence[str]) -> NDArray[np.float64]:
        """The columns `names`."""
        return self.features[:, [self.names.index(name) for name in names]]

    def where(self, keep: NDArray[np.bool_]) -> "Rows":
        """The rows that `keep` marks."""
        columns = (self.features, self.leak, self.burst, self.fault, self.critical, self.sensor)
        return Rows(self.names, *(column[keep] for column in columns))


def collect(sensors: Iterable[Sensor], names: Sequence[str], most: int, every: int = EVERY) -> Rows:
    """Every `every`-th row of `sensors` behind the first days, until there are `most`."""
    features: list[list[float]] = []
    truth: list[tuple[bool, bool, bool, bool, int]] = []
    for number, sensor in enumerate(sensors):
        state = LeakFeatures()
        for at, row in enumerate(sensor.rows()):
            found = state.observe(row)
            if (at + number) % every or max(state.flow.days, state.pressure.days) < FIRST_DAYS:
                continue
            values = (found[name] for name in names)
            features.append([np.nan if value is None else value for value in values])
            broken = bool(sensor.fault[at] != "")
            truth.append((sensor.leak[at], sensor.burst[at], broken, sensor.zone == "CRITICAL", number))
        if len(features) >= most:
            break
    columns = list(zip(*truth[:most], strict=True))
    flags = [np.array(column, dtype=bool) for column in columns[:4]]
    return Rows(tuple(names), np.array(features[:most], dtype=np.float64), *flags, np.array(columns[4]))
