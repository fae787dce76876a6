"""DetectLabels, as far as an OCR engine can answer it: which kinds of characters a photo shows, and nothing else.

There is no model of things here. A photo of a water meter is not labelled "Meter", a photo of a dog has no
labels at all; the labels are those of the service's own vocabulary that reading can vouch for: `Text` where
there is any, `Number` (whose parent is `Symbol`) where there is a word with a digit, with the certainty
of the surest such word. Code that needs to know things must be tried on the real service.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from local.rekognition.detect_text import box_of
from local.rekognition.errors import invalid_parameter
from local.rekognition.fields import Json, number, strings, structure
from local.rekognition.text import Line, Word

MOST_SIDE = 10_000
_DEFAULT_CONFIDENCE = 55.0
_MOST_LABELS = 2**31 - 1


@dataclass(frozen=True)
class LabelRequest:
    """How many labels, how sure, and which."""

    most: int
    confidence: float
    wanted_names: frozenset[str]
    unwanted_names: frozenset[str]
    wanted_categories: frozenset[str]
    unwanted_categories: frozenset[str]

    @classmethod
    def of(cls, request: Json) -> LabelRequest:
        if set(strings(request, "Features")) - {"GENERAL_LABELS"}:
            raise invalid_parameter("The laptop's stand-in measures no image properties: GENERAL_LABELS only")
        most = number(request, "MaxLabels", 0, _MOST_LABELS)
        confidence = number(request, "MinConfidence", 0, 100)
        general = structure(structure(request, "Settings") or {}, "GeneralLabels") or {}
        return cls(
            most=_MOST_LABELS if most is None else int(most),
            confidence=_DEFAULT_CONFIDENCE if confidence is None else confidence,
            wanted_names=frozenset(strings(general, "LabelInclusionFilters")),
            unwanted_names=frozenset(strings(general, "LabelExclusionFilters")),
            wanted_categories=frozenset(strings(general, "LabelCategoryInclusionFilters")),
            unwanted_categories=frozenset(strings(general, "LabelCategoryExclusionFilters")),
        )

    def take(self, label: dict[str, Any]) -> bool:
        name, category = label["Name"], label["Categories"][0]["Name"]
        if name in self.unwanted_names or category in self.unwanted_categories:
            return False
        anything = not self.wanted_names and not self.wanted_categories
        wanted = anything or name in self.wanted_names or category in self.wanted_categories
        return wanted and label["Confidence"] >= self.confidence


def labels(lines: Sequence[Line], asked: LabelRequest) -> list[dict[str, Any]]:
    """The labels of lines given in shares of the photo, surest first."""
    words = [word for line in lines for word in line.words]
    numbers = [word for word in words if any(character.isdigit() for character in word.text)]
    found = [
        *_label("Text", words, "Text and Documents"),
        *_label("Number", numbers, "Symbols and Flags", parent="Symbol"),
        *_label("Symbol", numbers, "Symbols and Flags"),
    ]
    taken = [label for label in found if asked.take(label)]
    return sorted(taken, key=lambda label: -label["Confidence"])[: asked.most]


def _label(name: str, words: list[Word], category: str, parent: str | None = None) -> list[dict[str, Any]]:
    if not words:
        return []
    return [
        {
            "Name": name,
            "Confidence": max(word.confidence for word in words),
            "Instances": [{"BoundingBox": box_of(word.quad), "Confidence": word.confidence} for word in words],
            "Parents": [{"Name": parent}] if parent else [],
            "Aliases": [],
            "Categories": [{"Name": category}],
        }
    ]
