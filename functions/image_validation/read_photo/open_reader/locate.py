"""Find the register in a photo of a meter, whatever its turn, and lay it upright.

A small network (weights/locate.onnx, trained by training/localiser on rendered photos only) looks twice: once at the
whole photo, then at each place it found, straightened and enlarged from the full photo.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from . import regions
from .regions import Map, Region
from .straighten import Corners, Point, Sheet, Strip, carry, perspective, sides, strip_of, turned
from .weights import session

__all__ = ["Found", "locate", "strip_of"]

WHOLE = (320, 224)
"""Longest sides, in pixels, at which the whole photo is looked at: the first for small registers, the second for
close-ups."""

ZOOM = (256, 128)
"""Size of the second look; the row takes `SHARE` of its width."""

SHARE = 0.62
MOST = 3
"""Places kept."""


@dataclass(frozen=True)
class Found:
    """A place that may be the register: the row's corners in pixels of the photo (top left, top right, bottom right,
    bottom left, as it reads one way or the other), how sure (0..1: ranks the places of one photo, it is no probability
    of a reading), and the row laid level, 48 pixels high."""

    corners: Corners
    confidence: float
    strip: Strip


@dataclass(frozen=True)
class _Place:
    corners: Corners
    sure: float


def _maps(picture: np.ndarray) -> tuple[Map, Map, Map]:
    """Probability of a figures' row, cosine and sine of the way it reads, at half the picture's size."""
    (out,) = session("locate.onnx").run(None, {"photo": picture.transpose(2, 0, 1)[None].astype(np.float32)})
    logit, cosine, sine = out[0]
    return 1 / (1 + np.exp(-np.clip(logit, -30, 30))), cosine, sine


def _frame(wide: float, tall: float) -> Corners:
    return (0.0, 0.0), (wide, 0.0), (wide, tall), (0.0, tall)


def _scan(sheet: Sheet, longest: int) -> list[tuple[Region, Corners]]:
    """Places in the whole photo, its longer side `longest` pixels, with their corners in the photo."""
    wide, tall = sheet.image.size
    scale = longest / max(wide, tall)
    inner = (max(8, round(wide * scale)), max(8, round(tall * scale)))
    size = (-(-inner[0] // 32) * 32, -(-inner[1] // 32) * 32)
    picture = sheet.cut(_frame(wide, tall), _frame(*inner), size)
    found = []
    for region in regions.regions(*_maps(picture)):
        spots = tuple((2 * x * wide / inner[0], 2 * y * tall / inner[1]) for x, y in regions.rectangle(region))
        found.append((region, spots))
    return found  # type: ignore[return-value]


def _zoom(sheet: Sheet, corners: Corners) -> _Place | None:
    """A second look at one place, upright and near; None where nothing is seen there any more."""
    wide, tall = sides(corners)
    width = ZOOM[0] * SHARE
    height = min(width * tall / max(wide, 1e-6), ZOOM[1] * 0.7)
    left, top = (ZOOM[0] - width) / 2, (ZOOM[1] - height) / 2
    place: Corners = ((left, top), (left + width, top), (left + width, top + height), (left, top + height))
    back = perspective(corners, place)
    seen = regions.regions(*_maps(sheet.cut(corners, place, ZOOM)))
    if not seen:
        return None
    # The region that holds most of the middle is meant; another row may be near.
    region = max(seen, key=lambda one: one.mass / (1 + abs(float(one.ys.mean()) - ZOOM[1] / 4) / 8))
    level = abs(np.sin(regions.axis(region))) < 0.2
    found = regions.edges(region) if level else regions.rectangle(region)
    if level and np.cos(regions.axis(region)) < 0:
        found = turned(found)
    points = [carry(back, (2 * x, 2 * y)) for x, y in found]
    return _Place((points[0], points[1], points[2], points[3]), region.sure)


def _inside(corners: Corners, size: tuple[int, int]) -> Corners:
    """Corners not further outside the photo than a tenth of it (a lost second look would give an endless row)."""
    wide, tall = size

    def held(point: Point) -> Point:
        return min(max(point[0], -0.1 * wide), 1.1 * wide), min(max(point[1], -0.1 * tall), 1.1 * tall)

    return held(corners[0]), held(corners[1]), held(corners[2]), held(corners[3])


def _same(one: Corners, other: Corners) -> bool:
    """Two findings of one row: the middle of each lies within half a height (or a fifth of the width) of the other."""
    gap = np.linalg.norm(np.mean(one, axis=0) - np.mean(other, axis=0))
    return bool(gap < max(0.6 * sides(one)[1], 0.25 * sides(one)[0]))


def locate(image: Image.Image) -> list[Found]:
    """Places that may be the register, best first, at most three; an empty list where there is none.

    Each row is laid level along its true axis. Which of the two ways along it is the right one is a guess (mostly the
    one nearer to upright): the recogniser looks at a row and at the same row turned (straighten.turned), and decides.
    """
    sheet = Sheet(image)
    first: list[tuple[float, Corners]] = []
    for longest in WHOLE:
        for region, corners in _scan(sheet, longest)[:MOST]:
            rank = region.sure * min(1.0, region.mass / 60)
            if all(not _same(corners, other) for _, other in first):
                first.append((rank, corners))
    found: list[_Place] = []
    for _, corners in sorted(first, key=lambda item: -item[0])[:MOST]:
        place = _zoom(sheet, corners)
        again = _zoom(sheet, _inside(place.corners, sheet.image.size)) if place else None
        kept = again or place
        if kept and all(not _same(kept.corners, other.corners) for other in found):
            found.append(_Place(_inside(kept.corners, sheet.image.size), kept.sure))
    best = sorted(found, key=lambda one: -one.sure)[:MOST]
    return [Found(place.corners, place.sure, strip_of(sheet, place.corners)) for place in best]
