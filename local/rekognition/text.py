"""What a reader sees on a photo: lines of words, each with its place and how sure the reader is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from local.rekognition.geometry import Quad

# Rows, columns, and blue-green-red, as OpenCV and the OCR models take them.
Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Word:
    text: str
    confidence: float  # 0 to 100, as the service counts
    quad: Quad  # in pixels


@dataclass(frozen=True)
class Line:
    """Words along one direction, in reading order; never empty."""

    words: tuple[Word, ...]
    quad: Quad

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def confidence(self) -> float:
        return sum(word.confidence for word in self.words) / len(self.words)


class TextReader(Protocol):
    """An OCR engine. One caller at a time: the pool sees to that."""

    @property
    def version(self) -> str: ...

    def read(self, pixels: Pixels) -> list[Line]: ...
