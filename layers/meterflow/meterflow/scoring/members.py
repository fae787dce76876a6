"""The kinds of classifier that an exported model may hold, each for one row, in plain Python.

Every member says the probability of its class 1 (the event). The numbers come from fitted scikit-learn objects
(`training/scoring/export.py`), and each formula is the one that scikit-learn 1.7 computes, so both agree within 1e-6.

Trees compare float32 inputs with float64 thresholds in scikit-learn. `single` is therefore the standardised row
rounded to float32; the export gives thresholds that decide every float32 in the same way.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import mul
from typing import Any, Protocol

Node = float | tuple[int, float, "Node", "Node"]
"""A leaf's value, or (feature, threshold, where the feature is at most the threshold, where it is above)."""


class Member(Protocol):
    """One voter of a model."""

    def probability(self, row: Sequence[float], single: Sequence[float]) -> float:
        """Of the event, 0 to 1, for a standardised row (`single`: the same as float32)."""
        ...


def sigmoid(value: float) -> float:
    """1 / (1 + e^-value), without overflow at either end."""
    if value >= 0:
        return 1.0 / (1.0 + math.exp(-value))
    power = math.exp(value)
    return power / (1.0 + power)


def tree(features: Sequence[int], values: Sequence[float], width: int) -> Node:
    """A tree from its nodes in pre-order: `features` has -1 at a leaf, `values` a leaf's value or a threshold.

    Pre-order and the leaf marks give the whole shape. Raises ValueError where they do not form one tree over
    `width` features.
    """
    waiting: list[Node] = []
    for feature, value in zip(reversed(features), reversed(values), strict=True):
        if feature < 0:
            waiting.append(float(value))
        elif feature < width and len(waiting) > 1:
            waiting.append((feature, float(value), waiting.pop(), waiting.pop()))
        else:
            raise ValueError("a node without two children, or of an unknown feature")
    if len(waiting) != 1:
        raise ValueError("the nodes form no tree")
    return waiting[0]


def fall(node: Node, single: Sequence[float]) -> float:
    """The value of the leaf that a row reaches."""
    while isinstance(node, tuple):
        feature, threshold, low, high = node
        node = low if single[feature] <= threshold else high
    return node


@dataclass(frozen=True, slots=True)
class Forest:
    """Random forest: the mean of its trees' shares of the event."""

    trees: tuple[Node, ...]

    @classmethod
    def of(cls, item: Mapping[str, Any], width: int) -> "Forest":
        """From `{"trees": [[features, values], …]}`."""
        return cls(tuple(tree(features, values, width) for features, values in item["trees"]))

    def probability(self, row: Sequence[float], single: Sequence[float]) -> float:  # noqa: ARG002 (trees use float32)
        """The mean over the trees."""
        return sum(fall(node, single) for node in self.trees) / len(self.trees)


@dataclass(frozen=True, slots=True)
class Boosting:
    """Gradient boosting with log loss: the sigmoid of a start plus the sum of its trees (learning rate included)."""

    start: float
    trees: tuple[Node, ...]

    @classmethod
    def of(cls, item: Mapping[str, Any], width: int) -> "Boosting":
        """From `{"start": log odds, "trees": [[features, values], …]}`."""
        return cls(float(item["start"]), tuple(tree(features, values, width) for features, values in item["trees"]))

    def probability(self, row: Sequence[float], single: Sequence[float]) -> float:  # noqa: ARG002 (trees use float32)
        """The sigmoid of the summed log odds."""
        return sigmoid(self.start + sum(fall(node, single) for node in self.trees))


@dataclass(frozen=True, slots=True)
class Svm:
    """Support vector machine with the kernel exp(-gamma |x - s|²) and Platt's sigmoid 1 / (1 + e^(a f + b))."""

    gamma: float
    vectors: tuple[tuple[float, ...], ...]
    weights: tuple[float, ...]
    intercept: float
    a: float
    b: float

    @classmethod
    def of(cls, item: Mapping[str, Any], width: int) -> "Svm":
        """From `{"gamma", "vectors", "weights", "intercept", "platt": [a, b]}`."""
        vectors = tuple(tuple(map(float, vector)) for vector in item["vectors"])
        weights = tuple(map(float, item["weights"]))
        if len(weights) != len(vectors) or any(len(vector) != width for vector in vectors):
            raise ValueError("the support vectors do not fit")
        a, b = item["platt"]
        return cls(float(item["gamma"]), vectors, weights, float(item["intercept"]), float(a), float(b))

    def probability(self, row: Sequence[float], single: Sequence[float]) -> float:  # noqa: ARG002
        """Platt's sigmoid of the distance from the margin."""
        place, gamma, dist, exp = tuple(row), -self.gamma, math.dist, math.exp
        margin = self.intercept
        for vector, weight in zip(self.vectors, self.weights, strict=True):
            away = dist(place, vector)
            margin += weight * exp(gamma * away * away)  # a product may become infinite, where a power would raise
        return sigmoid(-(self.a * margin + self.b))


@dataclass(frozen=True, slots=True)
class Mlp:
    """Neural network of dense layers: `activation` (relu or tanh) between them, a sigmoid at the end."""

    activation: str
    layers: tuple[tuple[tuple[tuple[float, ...], float], ...], ...]
    """Each layer's neurons: their weights over the layer before, and their bias."""

    @classmethod
    def of(cls, item: Mapping[str, Any], width: int) -> "Mlp":
        """From `{"activation", "layers": [{"weights": [[…] a neuron], "biases": […]}, …]}`."""
        layers = tuple(
            tuple(
                (tuple(map(float, weights)), float(bias))
                for weights, bias in zip(layer["weights"], layer["biases"], strict=True)
            )
            for layer in item["layers"]
        )
        sizes = [width, *(len(layer) for layer in layers)]
        for (before, _), layer in zip(pairwise(sizes), layers, strict=True):
            if any(len(weights) != before for weights, _ in layer):
                raise ValueError("a layer does not fit the one before")
        if sizes[-1] != 1 or item["activation"] not in ("relu", "tanh"):
            raise ValueError("one output and a known activation are expected")
        return cls(item["activation"], layers)

    def probability(self, row: Sequence[float], single: Sequence[float]) -> float:  # noqa: ARG002
        """The sigmoid of the one output neuron."""
        values: Sequence[float] = row
        *hidden, last = self.layers
        for layer in hidden:
            sums = [sum(map(mul, weights, values), bias) for weights, bias in layer]
            if self.activation == "relu":
                values = [total if total > 0.0 else 0.0 for total in sums]
            else:
                values = [math.tanh(total) for total in sums]
        weights, bias = last[0]
        return sigmoid(sum(map(mul, weights, values), bias))


@dataclass(frozen=True, slots=True)
class Logistic:
    """Logistic regression: the sigmoid of a weighted sum."""

    weights: tuple[float, ...]
    intercept: float

    @classmethod
    def of(cls, item: Mapping[str, Any], width: int) -> "Logistic":
        """From `{"weights": […], "intercept"}`."""
        weights = tuple(map(float, item["weights"]))
        if len(weights) != width:
            raise ValueError("one weight a feature is expected")
        return cls(weights, float(item["intercept"]))

    def probability(self, row: Sequence[float], single: Sequence[float]) -> float:  # noqa: ARG002
        """The sigmoid of the weighted sum."""
        return sigmoid(sum(map(mul, self.weights, row), self.intercept))
