"""Joining neighbouring pieces of text into lines.

The OCR engine finds pieces: on a meter's counter often one piece for each wheel. Amazon Rekognition reports
equally spaced words along one direction as one LINE, so the pieces are joined here as the service would.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from local.rekognition.geometry import Point, between
from local.rekognition.text import Line

# Bounds of "one line", in units of the text's height. Found on photos of counters, where wheels stand about
# half a height apart and the next inscription is further off or of another size.
_WIDEST_GAP = 1.0
_DEEPEST_OVERLAP = 0.5
_MOST_OFFSET = 0.35
_MOST_TILT_DEGREES = 12.0
_LEAST_HEIGHT_RATIO = 0.65


@dataclass(frozen=True)
class _Frame:
    """Where a piece starts and ends, its direction and its height."""

    start: Point
    end: Point
    angle: float
    height: float


def join_lines(pieces: Sequence[Line]) -> list[Line]:
    """Chains each piece to the nearest one that continues it; keeps the order of the chains' first pieces."""
    frames = [_frame(piece) for piece in pieces]
    links = sorted(
        (gap, left, right)
        for left in range(len(pieces))
        for right in range(len(pieces))
        if left != right and (gap := _gap(frames[left], frames[right])) is not None
    )
    following: dict[int, int] = {}
    preceding: dict[int, int] = {}
    for _, left, right in links:
        # A turned pair could name each other as its continuation; a chain must stay a chain.
        if left in following or right in preceding or _chain(right, following)[-1] == left:
            continue
        following[left], preceding[right] = right, left
    return [
        _merge([pieces[index] for index in _chain(first, following)])
        for first in range(len(pieces))
        if first not in preceding
    ]


def _chain(first: int, following: dict[int, int]) -> list[int]:
    chain = [first]
    while chain[-1] in following:
        chain.append(following[chain[-1]])
    return chain


def _frame(piece: Line) -> _Frame:
    top_left, top_right, bottom_right, bottom_left = piece.quad
    start, end = between(top_left, bottom_left, 0.5), between(top_right, bottom_right, 0.5)
    height = (math.dist(top_left, bottom_left) + math.dist(top_right, bottom_right)) / 2
    return _Frame(start, end, math.atan2(end[1] - start[1], end[0] - start[0]), max(height, 1e-6))


def _gap(left: _Frame, right: _Frame) -> float | None:
    """The blank between two pieces in heights, or None where the second does not continue the first."""
    height = max(left.height, right.height)
    if min(left.height, right.height) < _LEAST_HEIGHT_RATIO * height:
        return None
    if abs(math.degrees(math.remainder(left.angle - right.angle, math.tau))) > _MOST_TILT_DEGREES:
        return None
    along = (math.cos(left.angle), math.sin(left.angle))
    step = (right.start[0] - left.end[0], right.start[1] - left.end[1])
    gap = (step[0] * along[0] + step[1] * along[1]) / height
    offset = abs(step[1] * along[0] - step[0] * along[1]) / height
    if offset > _MOST_OFFSET or not -_DEEPEST_OVERLAP <= gap <= _WIDEST_GAP:
        return None
    return gap


def _merge(pieces: list[Line]) -> Line:
    if len(pieces) == 1:
        return pieces[0]
    words = tuple(word for piece in pieces for word in piece.words)
    start, end = _frame(pieces[0]).start, _frame(pieces[-1]).end
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    cos, sin = math.cos(angle), math.sin(angle)
    # The smallest box along the line's direction that holds every word.
    turned = [(x * cos + y * sin, y * cos - x * sin) for word in words for x, y in word.quad]
    left, right = min(u for u, _ in turned), max(u for u, _ in turned)
    top, bottom = min(v for _, v in turned), max(v for _, v in turned)

    def back(u: float, v: float) -> Point:
        return (u * cos - v * sin, u * sin + v * cos)

    return Line(words, (back(left, top), back(right, top), back(right, bottom), back(left, bottom)))
