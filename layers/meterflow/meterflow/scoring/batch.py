"""An exported model for many rows at once, with numpy: the same probabilities as `model.py`, row by row.

Numpy is imported here and nowhere else in `scoring`, so that a Lambda that scores single rows starts without it.
Rows go through in blocks that fit the processor's cache; all trees of a forest fall together, one level a step.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from meterflow.scoring.model import Model, parse

Floats = NDArray[np.float64]
_BLOCK = 2048
"""Rows at once: with 20 features a third of a megabyte."""


class BatchModel:
    """A model's members as arrays."""

    def __init__(self, data: bytes, sha256: str) -> None:
        """From the same bytes as `Model.load`, with the same checks. Raises ModelRefused."""
        self.model = Model.load(data, sha256)
        numbers = self.model
        self._mean, self._scale, self._fill = (
            np.array(column, dtype=np.float64) for column in (numbers.mean, numbers.scale, numbers.fill)
        )
        members = parse(data, sha256)["members"]
        self._voters = [_VOTERS[member["member"]](member) for member in members]

    def probability(self, rows: Floats) -> Floats:
        """Of the event for each of `rows` (rows x features in the model's order; NaN where a feature is absent)."""
        out: Floats = np.empty(len(rows))
        for start in range(0, len(rows), _BLOCK):
            block: Floats = np.asarray(rows[start : start + _BLOCK], dtype=np.float64)
            block = (np.where(np.isfinite(block), block, self._fill) - self._mean) / self._scale
            single = block.astype(np.float32)
            total: Floats = np.zeros(len(block))
            for (weight, _), voter in zip(self.model.members, self._voters, strict=True):
                total = total + weight * voter(block, single)
            out[start : start + _BLOCK] = total
        return out


Voter = Callable[[Floats, NDArray[np.float32]], Floats]


def _sigmoid(values: Floats) -> Floats:
    power = np.exp(-np.abs(values))
    shares: Floats = np.where(values >= 0, 1.0, power) / (1.0 + power)
    return shares


class _Trees:
    """Some trees in one row of nodes. A leaf leads to itself, so that every row may fall as deep as the deepest."""

    def __init__(self, trees: list[tuple[list[int], list[float]]]) -> None:
        size = sum(len(features) for features, _ in trees)
        self._feature = np.zeros(size, dtype=np.intp)
        self._threshold = np.full(size, np.inf, dtype=np.float32)
        self._value = np.zeros(size)
        self._next = np.zeros((size, 2), dtype=np.intp)
        self._roots = np.zeros(len(trees), dtype=np.intp)
        self._depth = 0
        start = 0
        for at, (features, values) in enumerate(trees):
            self._roots[at] = start
            self._place(start, features, values)
            start += len(features)

    def _place(self, start: int, features: list[int], values: list[float]) -> None:
        waiting: list[tuple[int, int]] = []  # (node, height) of the subtrees behind, the nearest last
        for offset in range(len(features) - 1, -1, -1):
            node, height = start + offset, 0
            if features[offset] < 0:
                self._next[node] = node
                self._value[node] = values[offset]
            else:
                (low, left), (high, right) = waiting.pop(), waiting.pop()
                self._next[node] = (low, high)
                self._feature[node] = features[offset]
                self._threshold[node] = _single_at_most(values[offset])
                height = 1 + max(left, right)
            waiting.append((node, height))
        self._depth = max(self._depth, waiting[0][1])

    def sums(self, single: NDArray[np.float32]) -> Floats:
        """For each row, the sum of the leaves that it reaches."""
        rows, width = single.shape
        flat = np.ascontiguousarray(single).ravel()
        base = (np.arange(rows) * width)[:, None]
        following = self._next.ravel()
        node = np.broadcast_to(self._roots, (rows, len(self._roots))).copy()
        for _ in range(self._depth):
            above = flat.take(self._feature.take(node) + base) > self._threshold.take(node)
            node = following.take(2 * node + above)
        sums: Floats = self._value.take(node).sum(axis=1)
        return sums


def _single_at_most(threshold: float) -> np.float32:
    """The greatest float32 at or below: it splits float32 numbers as `threshold` does."""
    nearest = np.float32(threshold)
    return nearest if float(nearest) <= threshold else np.nextafter(nearest, np.float32(-np.inf))


def _forest(member: Mapping[str, Any]) -> Voter:
    trees, count = _Trees(member["trees"]), len(member["trees"])
    return lambda _, single: trees.sums(single) / count


def _boosting(member: Mapping[str, Any]) -> Voter:
    trees, start = _Trees(member["trees"]), float(member["start"])
    return lambda _, single: _sigmoid(start + trees.sums(single))


def _svm(member: Mapping[str, Any]) -> Voter:
    vectors = np.array(member["vectors"], dtype=np.float64)
    weights = np.array(member["weights"], dtype=np.float64)
    gamma, intercept = float(member["gamma"]), float(member["intercept"])
    a, b = map(float, member["platt"])
    lengths = (vectors**2).sum(axis=1)

    def vote(rows: Floats, _: NDArray[np.float32]) -> Floats:
        apart = rows @ (-2.0 * vectors.T)
        apart += lengths
        apart += (rows**2).sum(axis=1)[:, None]
        apart *= -gamma
        return _sigmoid(-(a * (np.exp(apart, out=apart) @ weights + intercept) + b))

    return vote


def _mlp(member: Mapping[str, Any]) -> Voter:
    layers = [
        (np.array(layer["weights"], dtype=np.float64).T, np.array(layer["biases"], dtype=np.float64))
        for layer in member["layers"]
    ]
    rectify = member["activation"] == "relu"

    def vote(rows: Floats, _: NDArray[np.float32]) -> Floats:
        values = rows
        for weights, biases in layers[:-1]:
            sums = values @ weights + biases
            values = np.maximum(sums, 0.0) if rectify else np.tanh(sums)
        weights, biases = layers[-1]
        return _sigmoid((values @ weights + biases)[:, 0])

    return vote


def _logistic(member: Mapping[str, Any]) -> Voter:
    weights, intercept = np.array(member["weights"], dtype=np.float64), float(member["intercept"])
    return lambda rows, _: _sigmoid(rows @ weights + intercept)


_VOTERS: Mapping[str, Callable[[Mapping[str, Any]], Voter]] = {
    "forest": _forest,
    "boosting": _boosting,
    "svm": _svm,
    "mlp": _mlp,
    "logistic": _logistic,
}
