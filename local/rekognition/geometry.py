"""Plane geometry of text on a photo: oriented boxes, their bounds, and how much of one lies in another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Point = tuple[float, float]
Polygon = Sequence[Point]
# The corners of text in reading order: where it starts on top, where it ends on top, then below, backwards.
Quad = tuple[Point, Point, Point, Point]


@dataclass(frozen=True)
class Bounds:
    """An axis-aligned box."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top


def bounds(points: Iterable[Point]) -> Bounds:
    xs, ys = zip(*points, strict=True)
    return Bounds(min(xs), min(ys), max(xs), max(ys))


def between(start: Point, end: Point, share: float) -> Point:
    return (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)


def slice_quad(quad: Quad, start: float, end: float) -> Quad:
    """The part of a text box from share `start` to share `end` of its length."""
    top_left, top_right, bottom_right, bottom_left = quad
    return (
        between(top_left, top_right, start),
        between(top_left, top_right, end),
        between(bottom_left, bottom_right, end),
        between(bottom_left, bottom_right, start),
    )


def signed_area(polygon: Polygon) -> float:
    following = (*polygon[1:], polygon[0]) if polygon else ()
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(polygon, following, strict=True)) / 2


def share_inside(quad: Quad, region: Polygon) -> float:
    """The share of a convex box's area that lies in a region of any shape, from 0 to 1."""
    area = signed_area(quad)
    if area == 0:
        return 0.0
    # Clip the region by the box (Sutherland-Hodgman), and not the other way round: only the polygon
    # that clips has to be convex, and a caller's region need not be.
    clipped = list(region)
    for corner, following in zip(quad, (*quad[1:], quad[0]), strict=True):
        clipped = _clip(clipped, corner, following, 1 if area > 0 else -1)
    return abs(signed_area(clipped) / area)


def _clip(polygon: list[Point], start: Point, end: Point, inside: int) -> list[Point]:
    def side(point: Point) -> float:
        return inside * ((end[0] - start[0]) * (point[1] - start[1]) - (end[1] - start[1]) * (point[0] - start[0]))

    kept: list[Point] = []
    for current, following in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        here, there = side(current), side(following)
        if here >= 0:
            kept.append(current)
        if (here < 0) != (there < 0):
            kept.append(between(current, following, here / (here - there)))
    return kept
