"""Rows of features with their truth, as training and judging take them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from meterflow.training_data import Example

QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "leak": ("leak", "burst"),
    "energy": ("anomaly",),
    "fire": ("fire",),
}
"""What the models of a kind answer: the model of a question is called `<kind>-<question>`."""


class Row(NamedTuple):
    """One row: its sensor, zone and cause, the model's inputs by name, and the truth by question."""

    sensor: str
    zone: str
    cause: str
    features: Mapping[str, float | None]
    truth: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows as arrays: `values` rows x `names`, NaN where a feature is absent; `truth` by question."""

    names: tuple[str, ...]
    values: NDArray[np.float64]
    truth: Mapping[str, NDArray[np.bool_]]
    sensors: NDArray[np.str_]
    zones: tuple[str, ...]
    causes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.sensors)

    def columns(self) -> dict[str, list[float]]:
        """Each feature's values."""
        return {name: self.values[:, at].tolist() for at, name in enumerate(self.names)}


def matrix(kind: str, names: Sequence[str], rows: Sequence[Row]) -> Matrix:
    """`rows` as a matrix of the features `names`."""
    table = [[_number(row.features.get(name)) for name in names] for row in rows]
    return Matrix(
        tuple(names),
        np.array(table, dtype=np.float64).reshape(len(rows), len(names)),
        {question: np.array([row.truth[question] for row in rows], dtype=bool) for question in QUESTIONS[kind]},
        np.array([row.sensor for row in rows], dtype=str),
        tuple(row.zone for row in rows),
        tuple(row.cause for row in rows),
    )


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def of_examples(kind: str, examples: Sequence[Example]) -> list[Row]:
    """Judged live rows; one that does not answer every question of the kind is left out."""
    return [
        Row(one.sensor_id, one.zone, one.cause, one.features, one.truth)
        for one in examples
        if all(question in one.truth for question in QUESTIONS[kind])
    ]


ROWS_OF_A_SENSOR = 120
"""Rows of one sensor are alike: so many are taken of each, because many sensors teach more than many rows."""


def sample(rows: Sequence[Row], seed: int, number: int, most: int = ROWS_OF_A_SENSOR) -> Iterator[Row]:
    """At most `most` of a sensor's rows, drawn by the seed and the sensor's number, in their order."""
    drawn = np.random.default_rng([seed, number, 1]).permutation(len(rows))[:most]
    return (rows[at] for at in sorted(drawn.tolist()))
