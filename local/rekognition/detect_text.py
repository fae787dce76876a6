"""DetectText: lines and words in the service's shape, filtered as the request asks.

Where the service's documents are silent: a line is made of those of its words that pass the filters, and goes
with the last of them. `WordFilter` filters by what it names; its documented default of 80 for MinConfidence
counts once a WordFilter is given at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from local.rekognition.errors import invalid_parameter
from local.rekognition.fields import Json, number, structure, structures
from local.rekognition.geometry import Point, Polygon, Quad, bounds, share_inside
from local.rekognition.images import Photo
from local.rekognition.text import Line, Word

MOST_WORDS = 100
_DEFAULT_CONFIDENCE = 80.0
_MOST_REGIONS = 10
_MOST_REGION_POINTS = 10


@dataclass(frozen=True)
class Filters:
    """What a word must be to be told; geometry in shares of the photo."""

    confidence: float = 0.0
    height: float = 0.0
    width: float = 0.0
    regions: tuple[Polygon, ...] = ()

    @classmethod
    def of(cls, request: Json) -> Filters:
        filters = structure(request, "Filters") or {}
        regions = tuple(_region(region) for region in structures(filters, "RegionsOfInterest", _MOST_REGIONS))
        word = structure(filters, "WordFilter")
        if word is None:
            return cls(regions=regions)
        confidence = number(word, "MinConfidence", 0, 100)
        return cls(
            confidence=_DEFAULT_CONFIDENCE if confidence is None else confidence,
            height=number(word, "MinBoundingBoxHeight", 0, 1) or 0.0,
            width=number(word, "MinBoundingBoxWidth", 0, 1) or 0.0,
            regions=regions,
        )

    def lets_pass(self, word: Word) -> bool:
        box = bounds(word.quad)
        return (
            word.confidence >= self.confidence
            and box.height >= self.height
            and box.width >= self.width
            and (not self.regions or any(share_inside(word.quad, region) > 0.5 for region in self.regions))
        )


def told_lines(lines: Iterable[Line], photo: Photo, filters: Filters) -> list[Line]:
    """The lines to tell, in shares of the photo's sides: at most a hundred words, then the filters."""
    told = []
    room = MOST_WORDS
    for line in lines:
        found = [replace(word, quad=_shares(word.quad, photo)) for word in line.words[:room]]
        room -= len(found)
        words = tuple(word for word in found if filters.lets_pass(word))
        if words:
            told.append(Line(words, _shares(line.quad, photo)))
    return told


def text_detections(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Every line, then every word with its line as parent, numbered through."""
    detections = [_detection(line, "LINE", index) for index, line in enumerate(lines)]
    for parent, line in enumerate(lines):
        for word in line.words:
            detections.append({**_detection(word, "WORD", len(detections)), "ParentId": parent})
    return detections


def box_of(points: Polygon) -> dict[str, float]:
    box = bounds(points)
    return {"Width": box.width, "Height": box.height, "Left": box.left, "Top": box.top}


def _detection(item: Line | Word, kind: str, identity: int) -> dict[str, Any]:
    return {
        "DetectedText": item.text,
        "Type": kind,
        "Id": identity,
        "Confidence": item.confidence,
        "Geometry": {
            "BoundingBox": box_of(item.quad),
            "Polygon": [{"X": x, "Y": y} for x, y in item.quad],
        },
    }


def _shares(quad: Quad, photo: Photo) -> Quad:
    def share(point: Point) -> Point:
        return (min(max(point[0] / photo.width, 0.0), 1.0), min(max(point[1] / photo.height, 0.0), 1.0))

    return (share(quad[0]), share(quad[1]), share(quad[2]), share(quad[3]))


def _region(region: Json) -> Polygon:
    box, polygon = structure(region, "BoundingBox"), structures(region, "Polygon", _MOST_REGION_POINTS)
    if (box is None) == (not polygon):
        raise invalid_parameter("A region of interest is either a BoundingBox or a Polygon")
    if box is None:
        if len(polygon) < 3:
            raise invalid_parameter("A region of interest's Polygon has at least three points")
        return [(_share(point, "X"), _share(point, "Y")) for point in polygon]
    left, top = _share(box, "Left"), _share(box, "Top")
    right, bottom = left + _share(box, "Width"), top + _share(box, "Height")
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _share(parent: Json, name: str) -> float:
    value = number(parent, name, 0, 1)
    if value is None:
        raise invalid_parameter(f"A region of interest lacks {name}")
    return value
