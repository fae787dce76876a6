"""Painting on a picture in place (uint8 RGB): blending masks, shapes, soft noise."""

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Colour = tuple[float, float, float]
Rng = np.random.Generator


def colour(rng: Rng, low: float = 0, high: float = 255, tint: float = 20) -> Colour:
    """A grey between low and high with a tint of at most `tint` per channel."""
    grey = rng.uniform(low, high)
    return tuple(float(np.clip(grey + rng.uniform(-tint, tint), 0, 255)) for _ in range(3))  # type: ignore[return-value]


def vivid(rng: Rng) -> Colour:
    """Any hue, fairly saturated."""
    hsv = np.uint8([[[rng.integers(0, 180), rng.integers(90, 255), rng.integers(60, 255)]]])
    return tuple(float(part) for part in cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0])  # type: ignore[return-value]


def red(rng: Rng) -> Colour:
    """A red, from orange-red to wine, some faded."""
    return (float(rng.uniform(130, 240)), float(rng.uniform(0, 80)), float(rng.uniform(0, 80)))


def blend(picture: Picture, mask: NDArray[np.float32], left: float, top: float, paint: Colour) -> None:
    """Lay a colour through a mask; what hangs over the edge is cut."""
    x, y = round(left), round(top)
    tall, wide = mask.shape
    x0, y0, x1, y1 = max(0, x), max(0, y), min(picture.shape[1], x + wide), min(picture.shape[0], y + tall)
    if x0 >= x1 or y0 >= y1:
        return
    part = mask[y0 - y : y1 - y, x0 - x : x1 - x, None]
    under = picture[y0:y1, x0:x1].astype(np.float32)
    picture[y0:y1, x0:x1] = (under + (np.float32(paint) - under) * part).astype(np.uint8)


def paste(picture: Picture, patch: Picture, left: float, top: float) -> None:
    """Copy a patch; what hangs over the edge is cut."""
    x, y = round(left), round(top)
    tall, wide = patch.shape[:2]
    x0, y0, x1, y1 = max(0, x), max(0, y), min(picture.shape[1], x + wide), min(picture.shape[0], y + tall)
    if x0 < x1 and y0 < y1:
        picture[y0:y1, x0:x1] = patch[y0 - y : y1 - y, x0 - x : x1 - x]


def turn(mask: NDArray[np.float32], degrees: float) -> NDArray[np.float32]:
    """A mask turned about its middle, on a canvas that holds it."""
    tall, wide = mask.shape
    matrix = cv2.getRotationMatrix2D((wide / 2, tall / 2), degrees, 1)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    width, height = int(tall * sin + wide * cos) + 1, int(tall * cos + wide * sin) + 1
    matrix[:, 2] += (width / 2 - wide / 2, height / 2 - tall / 2)
    return cv2.warpAffine(mask, matrix, (width, height))


def cloud(rng: Rng, tall: int, wide: int, coarse: int = 4, octaves: int = 4) -> NDArray[np.float32]:
    """Soft noise in 0..1: sums of stretched random grids."""
    total = np.zeros((tall, wide), np.float32)
    weight, size = 1.0, coarse
    for _ in range(octaves):
        grid = rng.random((min(size, tall), min(size, wide)), dtype=np.float32)
        total += weight * cv2.resize(grid, (wide, tall), interpolation=cv2.INTER_CUBIC)
        weight, size = weight * 0.5, size * 3
    low, high = float(total.min()), float(total.max())
    return (total - low) / max(high - low, 1e-6)


def shade(picture: Picture, light: NDArray[np.float32]) -> Picture:
    """Multiply by a light map (1 = unchanged)."""
    return np.clip(picture * light[..., None], 0, 255).astype(np.uint8)
