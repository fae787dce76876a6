"""From four corners in a photo to an upright strip."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Point: TypeAlias = tuple[float, float]
Corners: TypeAlias = tuple[Point, Point, Point, Point]
Strip: TypeAlias = NDArray[np.uint8]

MARGIN = 0.12
"""Free room around the figures' row in a strip, as a share of the row's height on every side."""

WIDEST = 24
"""A strip is at most this many times as wide as high: longer ones are mistakes."""


def perspective(source: Corners, target: Corners) -> tuple[float, ...]:
    """The eight numbers that take a point of `target` to its place in `source` (what PIL asks for)."""
    rows, values = [], []
    for (x, y), (u, v) in zip(target, source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return tuple(float(part) for part in np.linalg.solve(np.array(rows, float), np.array(values, float)))


def carry(numbers: tuple[float, ...], point: Point) -> Point:
    """A point through those eight numbers."""
    a, b, c, d, e, f, g, h = numbers
    x, y = point
    below = g * x + h * y + 1
    return (a * x + b * y + c) / below, (d * x + e * y + f) / below


def sides(corners: Corners) -> tuple[float, float]:
    """Mean width and mean height of the row, in pixels."""
    points = np.array(corners)
    wide = (np.linalg.norm(points[1] - points[0]) + np.linalg.norm(points[2] - points[3])) / 2
    tall = (np.linalg.norm(points[3] - points[0]) + np.linalg.norm(points[2] - points[1])) / 2
    return float(wide), float(tall)


def turned(corners: Corners) -> Corners:
    """The same row read upside down."""
    return corners[2], corners[3], corners[0], corners[1]


class Sheet:
    """A photo with smaller copies of itself, so that a large piece can be taken small without grain."""

    def __init__(self, image: Image.Image) -> None:
        self.image = image.convert("RGB")
        self._smaller: dict[int, Image.Image] = {1: self.image}

    def cut(self, corners: Corners, place: Corners, size: tuple[int, int]) -> NDArray[np.uint8]:
        """The photo so laid that `corners` of it come to `place` in a picture of `size`; grey outside of the photo."""
        shrink = min(sides(corners)[0] / max(sides(place)[0], 1.0), sides(corners)[1] / max(sides(place)[1], 1.0))
        factor = 1
        while factor * 2 <= shrink and factor < 64:
            factor *= 2
        if factor not in self._smaller:
            self._smaller[factor] = self.image.reduce(factor)
        source = tuple((x / factor, y / factor) for x, y in corners)
        numbers = perspective(source, place)  # type: ignore[arg-type]
        laid = self._smaller[factor].transform(
            size, Image.Transform.PERSPECTIVE, numbers, Image.Resampling.BILINEAR, fillcolor=(128, 128, 128)
        )
        return np.asarray(laid, np.uint8)


def strip_of(image: Image.Image | Sheet, corners: Corners, height: int = 48) -> Strip:
    """The row upright, `height` pixels high with its margin, as wide as its shape asks for, RGB."""
    sheet = image if isinstance(image, Sheet) else Sheet(image)
    wide, tall = sides(corners)
    inner = height / (1 + 2 * MARGIN)
    edge = inner * MARGIN
    width = round(min(max(inner * wide / max(tall, 1e-6), inner * 0.5), inner * WIDEST))
    place = ((edge, edge), (edge + width, edge), (edge + width, height - edge), (edge, height - edge))
    return sheet.cut(corners, place, (round(width + 2 * edge), height))
