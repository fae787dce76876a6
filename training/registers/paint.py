"""Small painting on float images (height x width x 3, 0..1)."""

from typing import Any

import cv2
import numpy as np

Picture = np.ndarray[Any, Any]
Colour = np.ndarray[Any, Any]


def colour(rng: np.random.Generator, base: tuple[float, float, float], spread: float = 0.08) -> Colour:
    """A colour about `base`."""
    return np.clip(np.array(base) + rng.normal(0, spread / 2) + rng.normal(0, spread / 3, 3), 0, 1).astype(np.float32)


def stamp(picture: Picture, mask: Picture, left: int, top: int, ink: Colour, opacity: float = 1.0) -> None:
    """Paint `ink` where `mask` (0..255) is, cut at the picture's edges."""
    height, width = mask.shape[:2]
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + width, picture.shape[1]), min(top + height, picture.shape[0])
    if x0 >= x1 or y0 >= y1:
        return
    part = mask[y0 - top : y1 - top, x0 - left : x1 - left, None].astype(np.float32) * (opacity / 255)
    target = picture[y0:y1, x0:x1]
    target += (ink - target) * part


def box(picture: Picture, left: float, top: float, right: float, bottom: float, ink: Colour) -> None:
    """A filled rectangle."""
    x0, y0 = max(0, round(left)), max(0, round(top))
    picture[y0 : max(y0, round(bottom)), x0 : max(x0, round(right))] = ink


def soft_noise(rng: np.random.Generator, height: int, width: int, cells: int) -> Picture:
    """Smooth noise, about -1..1, with some `cells` hills along the longer side."""
    rows = max(2, round(cells * height / max(height, width)) + 1)
    columns = max(2, round(cells * width / max(height, width)) + 1)
    small = rng.normal(0, 0.6, (rows, columns)).astype(np.float32)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


BASES = [(0.08, 0.08, 0.08), (0.9, 0.9, 0.88), (0.5, 0.5, 0.5), (0.82, 0.8, 0.7), (0.25, 0.4, 0.7), (0.3, 0.32, 0.35)]
