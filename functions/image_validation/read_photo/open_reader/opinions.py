"""What the networks say of a strip's columns, brought to the places of one common grid.

Two recognisers look at every strip: one stands on a trunk that was trained on photographed text and looks 48 pixels
high, the other was trained on registers alone and looks 32 high. They fail at different figures, so their opinions are
averaged (decision 0056).
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .weights import session

Floats: TypeAlias = NDArray[np.float32]

STRIDE = 4
CENTRE, POINT, DECIMAL, FIGURES = 0, 1, 2, 3
# Each network's file and the height of the strips that it was trained on.
NETWORKS = (("recognise.onnx", 48), ("recognise32.onnx", 32))


def opinions(strips: list[NDArray[np.uint8]], grids: list[Floats]) -> tuple[list[Floats], Floats]:
    """Every opinion of one network on one strip, as columns (centre, point, decimal, figures: shares of 0..1) at the
    places of the first grid; and the strip's kinds, averaged. `grids` has for each strip the places of its columns of
    four pixels, as shares of the way along the row."""
    first = grids[0]
    laid: list[Floats] = []
    kinds: list[Floats] = []
    for name, height in NETWORKS:
        columns, kind = session(name).run(None, {"strips": _pixels(strips, height)})
        parts = np.concatenate([_sigmoid(columns[..., :FIGURES]), _softmax(columns[..., FIGURES:])], axis=-1)
        for view, grid in zip(parts, grids, strict=True):
            own = _grid(grid, view.shape[0])
            view = _at(own, view, first)
            # A figure counts one in all, however many columns it takes.
            view[:, CENTRE] *= (first[1] - first[0]) / (own[1] - own[0])
            laid.append(view)
        kinds.append(_softmax(kind).mean(axis=0))
    return laid, np.mean(kinds, axis=0)


def _pixels(strips: list[NDArray[np.uint8]], height: int) -> Floats:
    tall, wide = strips[0].shape[:2]
    if tall != height:
        size = (max(16, round(wide * height / tall / STRIDE) * STRIDE), height)
        strips = [np.asarray(Image.fromarray(strip).resize(size, Image.Resampling.BILINEAR)) for strip in strips]
    pixels = np.stack(strips).astype(np.float32).transpose(0, 3, 1, 2) / 255
    return np.ascontiguousarray(pixels)


def _grid(grid: Floats, count: int) -> Floats:
    """The places of `count` columns over the same strip as `grid`."""
    step = grid[1] - grid[0]
    return np.asarray(grid[0] + ((np.arange(count) + 0.5) * len(grid) / count - 0.5) * step, np.float32)


def _at(grid: Floats, values: Floats, wanted: Floats) -> Floats:
    """`values` (columns x n) of a view, at the places `wanted` of another."""
    place = np.clip((wanted - grid[0]) / (grid[1] - grid[0]), 0, len(grid) - 1.001)
    low = place.astype(int)
    share = (place - low)[:, None]
    return np.asarray(values[low] * (1 - share) + values[low + 1] * share, np.float32)


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-np.clip(x, -30, 30)))


def _softmax(x: Any) -> Any:
    grown = np.exp(x - x.max(axis=-1, keepdims=True))
    return grown / grown.sum(axis=-1, keepdims=True)
