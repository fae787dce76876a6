"""The second recogniser: no trunk, registers only, 32 pixels high. It fails at other figures than the first one does,
which is what it is for (decision 0056)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from training.recogniser.network import CHANNELS, STRIPS, Along
from training.recogniser.samples import HEIGHT, STRIDE, Sample
from training.recogniser.views import NO_PIXELS, View

LOW = 32
WIDTH = 128


def _block(inside: int, outside: int, stride: Any = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inside, outside, 3, stride, 1, bias=False), nn.BatchNorm2d(outside), nn.ReLU(True))


class Plain(nn.Module):
    """32 x W x RGB (W a multiple of 4) to W / 4 columns of CHANNELS, and the strip's kind."""

    def __init__(self) -> None:
        super().__init__()
        self.picture = nn.Sequential(
            _block(3, 24, 2),
            _block(24, 32),
            _block(32, 48, 2),
            _block(48, 64),
            _block(64, 96, (2, 1)),
            _block(96, 96),
            nn.Conv2d(96, WIDTH, (4, 1), bias=False),
            nn.BatchNorm2d(WIDTH),
            nn.ReLU(True),
        )
        self.along = nn.Sequential(Along(WIDTH, 1), Along(WIDTH, 2))
        self.drop = nn.Dropout(0.1)
        self.columns = nn.Conv2d(WIDTH, CHANNELS, 1)
        self.strip = nn.Linear(2 * WIDTH, STRIPS)

    def forward(self, strips: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """`strips` N x 3 x 32 x W in 0..1; `mask` N x W/4 is 1 where a strip is not padding."""
        low = strips.amin((1, 2, 3), keepdim=True)
        seen = self.along(self.picture((strips - low) / (strips.amax((1, 2, 3), keepdim=True) - low + 0.05) - 0.5))
        columns = self.columns(self.drop(seen))[:, :, 0].transpose(1, 2)
        flat = seen[:, :, 0]
        if mask is None:
            pooled = torch.cat([flat.mean(2), flat.amax(2)], 1)
        else:
            weight = mask[:, None]
            pooled = torch.cat([(flat * weight).sum(2) / weight.sum(2), (flat * weight).amax(2)], 1)
        return columns, self.strip(pooled)


def low_views(samples: Sequence[Sample]) -> list[View]:
    """`samples` of about one width, made 32 pixels high, as the deployed reader makes them from its strips."""
    share = LOW / HEIGHT
    smaller = [
        cv2.resize(sample.pixels, (round(sample.pixels.shape[1] * share), LOW), interpolation=cv2.INTER_AREA)
        for sample in samples
    ]
    width = -(-max(pixels.shape[1] for pixels in smaller) // 16) * 16
    views = []
    for sample, pixels in zip(samples, smaller, strict=True):
        own = pixels.shape[1]
        padded = np.concatenate([pixels, np.repeat(pixels[:, -1:], width - own, axis=1)], axis=1)
        level = (padded.transpose(2, 0, 1) / 255).astype(np.float16)
        moved = replace(sample, pixels=NO_PIXELS, centres=sample.centres * share, points=sample.points * share)
        views.append(View(moved, -(-own // STRIDE), width // STRIDE, (level,)))
    return views
