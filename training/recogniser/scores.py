"""How well a network reads: rendered strips that it never saw, and photographed wheels kept apart."""

from collections.abc import Sequence

import cv2
import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

from training.recogniser.features import seen as features_of
from training.recogniser.network import CENTRE, FIGURES
from training.recogniser.samples import HALF, HEIGHT, NO_REGISTER, STRIDE, UNREADABLE, UPRIGHT, UPSIDE_DOWN
from training.recogniser.targets import Batch
from training.recogniser.views import View
from training.registers.crops import crops


def peaks(columns: Tensor, least: float = 0.35) -> list[tuple[float, int, float]]:
    """Greedy reading of one strip's columns: (place in pixels, class, odds) of each figure."""
    heat = torch.sigmoid(columns[:, CENTRE]).numpy()
    figures = torch.softmax(columns[:, FIGURES:], 1).numpy()
    padded = np.pad(heat, 1)
    found = []
    for at in range(len(heat)):
        around = padded[at : at + 3]
        if (
            heat[at] >= around.max()
            and around.sum() > 2 * least
            and heat[at] > least
            and (at == 0 or heat[at] > heat[at - 1])
        ):
            odds = figures[max(0, at - 1) : at + 2] * heat[max(0, at - 1) : at + 2, None]
            odds = odds.sum(0) / odds.sum()
            found.append(((at + 0.5) * STRIDE, int(odds.argmax()), float(odds.max())))
    return found


@torch.no_grad()
def on_views(network: nn.Module, seen: Sequence[Sequence[View]]) -> dict[str, float]:
    """Share of whole strips read exactly, of figures, and of strips whose kind is known."""
    network.eval()
    whole = right = count = kinds = whole_count = wrong_count = total = 0
    for part in seen:
        batch = Batch(part)
        columns, strips = network(*batch.levels, batch.mask)
        for at, view in enumerate(part):
            sample = view.sample
            total += 1
            kinds += int(strips[at].argmax()) == sample.strip
            if sample.strip in (NO_REGISTER, UPSIDE_DOWN) or UNREADABLE in sample.classes or min(sample.classes) < 0:
                continue
            read = [kind for _, kind, _ in peaks(columns[at, : view.columns])]
            whole_count += sample.strip == UPRIGHT
            whole += sample.strip == UPRIGHT and read == sample.classes
            count += len(sample.classes)
            wrong_count += len(read) != len(sample.classes)
            if len(read) == len(sample.classes):
                right += sum(one == other for one, other in zip(read, sample.classes, strict=True))
    return {
        "whole": whole / whole_count,
        "figure": right / count,
        "kind": kinds / total,
        "miscounted": wrong_count / total,
    }


@torch.no_grad()
def on_crops(network: nn.Module, trunk: onnxruntime.InferenceSession) -> dict[str, float]:
    """Single photographed wheels of sources never trained on, each five times side by side: top-1 of the settled ones,
    and the share of those between two figures that is called half-turned or unreadable."""
    network.eval()
    right = settled = refused = between = 0
    for crop in crops():
        if not crop.kept_apart:
            continue
        high = round(HEIGHT * 0.9)
        tile = cv2.resize(
            crop.pixels,
            (max(10, round(crop.pixels.shape[1] * high / crop.pixels.shape[0])), high),
            interpolation=cv2.INTER_AREA,
        )
        row = cv2.copyMakeBorder(np.tile(tile, (1, 5, 1)), 1, HEIGHT - high - 1, 8, 8, cv2.BORDER_REPLICATE)
        row = row[:, : row.shape[1] // 16 * 16]
        levels = features_of(trunk, row.transpose(2, 0, 1)[None].astype(np.float32) / 255)
        columns, _ = network(*(torch.from_numpy(level) for level in levels))
        column = round((8 + 2.5 * tile.shape[1]) / STRIDE - 0.5)
        odds = torch.softmax(columns[0, column - 1 : column + 2, FIGURES:], 1).mean(0)
        kind = int(odds.argmax())
        if crop.label is None:
            between += 1
            refused += kind >= HALF
        else:
            settled += 1
            right += kind == crop.label
    return {"top1": right / max(1, settled), "between_refused": refused / max(1, between), "crops": settled + between}
