"""From a register's corners to what stands at each of its places.

The networks (`training/recogniser`) look at a strip 48 pixels high and say for every fourth column whether a
figure's centre is there, which figure, whether it is a decimal, whether a point is there; and what the whole strip
is. Here the same register is cut several times, a little larger, smaller, wider and turned, and the opinions are
averaged: where cuts or networks disagree the odds fall, which is what they are for.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from meterflow.digits import Place

from .opinions import CENTRE, DECIMAL, FIGURES, POINT, STRIDE, Floats, opinions
from .straighten import Corners, Point, Sheet, sides, turned

HEIGHT, WIDEST = 48, 512
UPRIGHT, CUT, UPSIDE_DOWN, NO_REGISTER = range(4)
# The row's height as a share of the strip's, how much wider, moved down (shares of the row's height), and turned.
FIRST_VIEW = (0.66, 1.0, 0.0, 0.0)
MORE_VIEWS = (
    (0.9, 1.0, 0.0, 0.0),
    (0.78, 1.0, 0.0, 0.0),
    (0.66, 1.12, 0.03, 0.0),
    (0.66, 0.9, -0.03, 0.0),
    (0.64, 1.04, 0.0, 1.5),
    (0.68, 1.0, 0.0, -1.5),
)
# Free room on both sides, in heights of the row: figures that the localiser left outside are seen too.
SIDE = 0.9
# Less of a centre than this is none; this much in all is a figure that may be there.
LEAST_CENTRE, LEAST_THERE = 0.06, 0.1
GREY = 128


@dataclass(frozen=True)
class Seen:
    """What was seen of one register: its places, the odds of a point before each, where each is in the photo (share
    of the way from the first to the last corner), the odds of the strip's kinds, and how many of the single views
    agree with the average on every figure."""

    places: tuple[Place, ...]
    points: tuple[float, ...]
    along: tuple[float, ...]
    strip: tuple[float, float, float, float]
    agreement: float
    corners: Corners


def look(
    sheet: Sheet, corners: Corners, views: tuple[tuple[float, float, float, float], ...], side: float = SIDE
) -> Seen:
    """The register at `corners`, seen in `views`, with `side` heights of the row free on both sides."""
    strips, grids = _cuts(sheet, corners, views, side)
    laid, kinds = opinions(strips, grids)
    first = grids[0]
    mean = np.mean(laid, axis=0)
    found = _figures(mean)
    agreement = float(np.mean([_same(view, found) for view in laid])) if found else 0.0
    return Seen(
        places=tuple(place for _, place in found),
        points=_points(mean[:, POINT], [at for at, _ in found]),
        along=tuple(float(np.interp(at, np.arange(len(first)), first)) for at, _ in found),
        strip=tuple(float(share) for share in kinds),  # type: ignore[arg-type]
        agreement=agreement,
        corners=corners,
    )


def _cuts(
    sheet: Sheet, corners: Corners, views: tuple[tuple[float, float, float, float], ...], side: float = SIDE
) -> tuple[list[NDArray[np.uint8]], list[Floats]]:
    """The strips, and for each the place of its columns as a share of the way along the row."""
    wide, tall = sides(corners)
    shape = max(0.5, wide / max(tall, 1e-6))
    longest = max(HEIGHT * share * shape * stretch for share, stretch, _, _ in views)
    room = 2 * side * HEIGHT * FIRST_VIEW[0]
    squeeze = min(1.0, (WIDEST - room) / longest)
    width = -(-round(longest * squeeze + room) // 16) * 16
    strips, grids = [], []
    for share, stretch, down, degrees in views:
        high = HEIGHT * share
        across = high * shape * stretch * squeeze
        left, top = (width - across) / 2, (HEIGHT - high) / 2 + down * high
        place = _turn(((left, top), (left + across, top), (left + across, top + high), (left, top + high)), degrees)
        strips.append(sheet.cut(corners, place, (width, HEIGHT)))
        grids.append((((np.arange(width // STRIDE) + 0.5) * STRIDE - left) / across).astype(np.float32))
    return strips, grids


def _turn(place: Corners, degrees: float) -> Corners:
    if not degrees:
        return place
    points = np.array(place)
    middle = points.mean(axis=0)
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    moved = (points - middle) @ np.array([[cos, sin], [-sin, cos]]) + middle
    return tuple((float(x), float(y)) for x, y in moved)  # type: ignore[return-value]


def _figures(columns: Floats) -> list[tuple[float, Place]]:
    """The figures from left to right: column (fractional) and what stands there."""
    heat = columns[:, CENTRE]
    smooth = np.convolve(heat, [0.25, 0.5, 0.25], "same")
    tops = [
        at
        for at in range(len(smooth))
        if smooth[at] > LEAST_CENTRE
        and smooth[at] >= smooth[max(0, at - 1)]
        and smooth[at] > smooth[min(len(smooth) - 1, at + 1)]
    ]
    found = []
    for number, top in enumerate(tops):
        start = (tops[number - 1] + top) / 2 if number else top - 3.0
        end = (tops[number + 1] + top) / 2 if number + 1 < len(tops) else top + 3.0
        near = np.arange(max(0, top - 2), min(len(heat), top + 3))
        near = near[(near >= start) & (near <= end)]
        weight = heat[near] * np.where((near == start) | (near == end), 0.5, 1.0)
        there = float(weight.sum())
        if there < LEAST_THERE:
            continue
        weight = weight / there
        symbols = (columns[near, FIGURES:] * weight[:, None]).sum(axis=0)
        symbols = symbols / symbols.sum()
        decimal = float((columns[near, DECIMAL] * weight).sum())
        place = Place(tuple(float(share) for share in symbols), min(1.0, there), decimal)
        found.append((float((near * weight).sum()), place))
    return found


def _same(columns: Floats, found: list[tuple[float, Place]]) -> bool:
    """Whether one view alone says the same of every figure that is surely there."""
    for at, place in found:
        if place.there > 0.5:
            own = columns[round(at), FIGURES:]
            if int(own.argmax()) != int(np.argmax(place.symbols)):
                return False
    return True


def _points(points: Floats, columns: list[float]) -> tuple[float, ...]:
    """The odds of a point before each figure: the best column between the two centres."""
    odds = [0.0]
    for left, right in pairwise(columns):
        low, high = round(left), max(round(left) + 1, round(right))
        odds.append(min(1.0, float(points[low : high + 1].max())))
    return tuple(odds[: len(columns)])


def along(corners: Corners, start: float, end: float) -> Corners:
    """The same row from `start` to `end` of its way, which may lie outside of 0..1."""

    def at(one: Point, other: Point, share: float) -> Point:
        return one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share

    a, b, c, d = corners
    return at(a, b, start), at(a, b, end), at(d, c, end), at(d, c, start)


def outside(point: Point, size: tuple[int, int], least: float) -> bool:
    """Whether a point of the photo is nearer than `least` pixels to its edge, or beyond."""
    return min(point[0], point[1], size[0] - point[0], size[1] - point[1]) < least


__all__ = [
    "CUT",
    "FIRST_VIEW",
    "MORE_VIEWS",
    "NO_REGISTER",
    "UPRIGHT",
    "UPSIDE_DOWN",
    "Seen",
    "along",
    "look",
    "outside",
    "turned",
]
