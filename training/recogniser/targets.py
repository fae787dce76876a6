"""Batches: strips side by side with their targets, and the loss."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from training.recogniser.network import CENTRE, DECIMAL, FIGURES, POINT
from training.recogniser.samples import ANY_HALF, CUT, HALF, STRIDE, UPRIGHT
from training.recogniser.views import View


class Batch:
    """Views of one width: what the trunk saw, and the targets."""

    def __init__(self, views: Sequence[View]) -> None:
        count, columns = len(views), views[0].padded
        self.levels = [
            torch.from_numpy(np.stack(parts)).float() for parts in zip(*(view.levels for view in views), strict=True)
        ]
        self.mask = torch.zeros(count, columns)
        self.heat, self.points = torch.zeros(count, columns), torch.zeros(count, columns)
        samples = [view.sample for view in views]
        self.strips = torch.tensor([sample.strip for sample in samples])
        rows: list[tuple[int, int, int, int, float]] = []
        for at, (view, sample) in enumerate(zip(views, samples, strict=True)):
            self.mask[at, : view.columns] = 1
            for centre, kind, decimal in zip(sample.centres, sample.classes, sample.decimal, strict=True):
                for column, weight in _hat(centre, columns):
                    self.heat[at, column] = torch.clamp(self.heat[at, column] + weight, max=1)
                    rows.append((at, column, kind, decimal, weight))
            for point in sample.points:
                for column, weight in _hat(point, columns):
                    self.points[at, column] = max(float(self.points[at, column]), weight)
        table: Any = np.array(rows) if rows else np.zeros((0, 5))
        self.where = torch.tensor(table[:, :2], dtype=torch.long)
        self.kinds = torch.tensor(table[:, 2], dtype=torch.long)
        self.decimal = torch.tensor(table[:, 3], dtype=torch.float32)
        self.weight = torch.tensor(table[:, 4], dtype=torch.float32)


def _hat(centre: float, columns: int) -> list[tuple[int, float]]:
    """The two columns about `centre`, weighted so that they add up to one: one figure."""
    place = float(centre) / STRIDE - 0.5
    first = int(np.floor(place))
    return [
        (at, weight)
        for at, weight in ((first, 1 - place + first), (first + 1, place - first))
        if 0 <= at < columns and weight > 0
    ]


def loss(batch: Batch, columns: Tensor, strips: Tensor) -> tuple[Tensor, dict[str, float]]:
    """What the network got wrong, as one number and its parts."""
    registers = ((batch.strips == UPRIGHT) | (batch.strips == CUT)).float()[:, None]
    shown = batch.mask * (0.15 + 0.85 * registers)
    heat = (
        functional.binary_cross_entropy_with_logits(columns[..., CENTRE], batch.heat, weight=shown, reduction="sum")
        / batch.mask.sum()
    )
    points = (
        functional.binary_cross_entropy_with_logits(
            columns[..., POINT], batch.points, weight=batch.mask * registers, reduction="sum"
        )
        / batch.mask.sum()
    )
    strip = functional.cross_entropy(strips, batch.strips, label_smoothing=0.01)
    total = 4 * heat + 3 * points + 0.3 * strip
    parts = {"heat": heat.item(), "point": points.item(), "strip": strip.item()}
    if len(batch.where):
        at = columns[batch.where[:, 0], batch.where[:, 1]]
        logs = functional.log_softmax(at[:, FIGURES:], 1)
        exact = functional.nll_loss(logs, batch.kinds.clamp(min=0), reduction="none")
        between = -torch.logsumexp(logs[:, HALF:], 1)
        wrong = torch.where(batch.kinds == ANY_HALF, between, 0.99 * exact - 0.01 * logs.mean(1))
        figures = (wrong * batch.weight).sum() / batch.weight.sum()
        known = (batch.decimal >= 0).float() * batch.weight
        decimal = functional.binary_cross_entropy_with_logits(
            at[:, DECIMAL], batch.decimal.clamp(min=0), weight=known, reduction="sum"
        ) / known.sum().clamp(min=1)
        total = total + figures + 0.5 * decimal
        parts |= {"figures": figures.item(), "decimal": decimal.item()}
    return total, parts
