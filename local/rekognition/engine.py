"""The OCR engine: RapidOCR's detection and recognition models, composed for geometry that can be trusted.

RapidOCR's own pipeline is not called whole. Its word boxes give each word the confidence of another
character as soon as a line has blanks, forget that a crop was turned, and its direction classifier turns
upright counters on their head. Its stages are sound, so they are called one by one:

- text within 45 degrees of the horizontal is read as it stands. Text on its head is read as it stands too,
  that is, badly: Amazon Rekognition reads within 90 degrees of the horizontal and no further, and a workflow
  that relied on more here would fail there.
- a box much taller than wide is one narrow character or text that runs up or down: it is read in all
  three ways, and the reading decides.
- words are split on blanks, at the columns where the recogniser saw their characters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from rapidocr import RapidOCR
from rapidocr.main import RapidOCRError
from rapidocr.utils.process_img import map_boxes_to_original

from local.rekognition.geometry import Quad, slice_quad
from local.rekognition.lines import join_lines
from local.rekognition.text import Line, Pixels, Word

# RapidOCR turns a crop by a quarter from this ratio of height to width.
_TALL = 1.5
# Mean certainty below which a piece is not text but a guess: RapidOCR's own default.
_LEAST_SCORE = 0.5
# The models know Chinese typography too and now and then see a digit in its full width; the service never does.
_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}


@dataclass(frozen=True)
class _Reading:
    """One way of reading one box."""

    text: str
    score: float
    scores: list[float]  # one for each character of the text
    centres: list[float]  # of each character that is not blank, as a share of the box's length
    quad: Quad


class OcrEngine:
    """RapidOCR with the PP-OCR models that its wheel carries; downloads nothing."""

    def __init__(self, threads: int) -> None:
        # OpenCV would start a thread per core beside the models' own.
        cv2.setNumThreads(1)
        self._ocr = RapidOCR(
            params={
                "Global.log_level": "error",
                "Global.return_word_box": True,
                "EngineConfig.onnxruntime.intra_op_num_threads": threads,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            }
        )
        # The models load on first use; load them now, so that a server that says it is well, is.
        blank = np.full((96, 96, 3), 255, dtype=np.uint8)
        self.read(blank)
        self._recognise([blank])

    @property
    def version(self) -> str:
        return f"rapidocr-{version('rapidocr')}-{self._ocr.cfg.Rec.ocr_version.value}"

    def read(self, pixels: Pixels) -> list[Line]:
        """Every piece of text on the photo, joined to lines, in reading order."""
        resized, record = self._ocr.preprocess_img(pixels)
        try:
            crops, found = self._ocr.detect_and_crop(resized, record)
        except RapidOCRError:
            # RapidOCR's way to say that there is no text; anything else it raises is another class.
            return []
        # Not None here, which RapidOCR's types do not say.
        boxes: Any = found.boxes
        height, width = pixels.shape[:2]
        ways = [_ways(box, crop) for box, crop in zip(boxes.copy(), crops, strict=True)]
        quads = map_boxes_to_original(boxes, record, height, width).tolist()
        recognised = iter(self._recognise([crop for box in ways for _, crop in box]))
        pieces = []
        for quad, box in zip(quads, ways, strict=True):
            readings = [_reading(next(recognised), _turn(quad, turn)) for turn, _ in box]
            best = _best(readings)
            if best is not None and (words := tuple(_words(best))):
                pieces.append(Line(words, best.quad))
        return join_lines(pieces)

    def _recognise(self, crops: list[Pixels]) -> Iterator[tuple[str, float, Any]]:
        result: Any = self._ocr.recognize_txt(crops)
        return zip(result.txts, result.scores, result.word_results, strict=True)


def _ways(box: Any, crop: Pixels) -> list[tuple[int, Pixels]]:
    """The ways to read a box: quarter turns clockwise of its reading direction, and the pixels so turned."""
    across = max(np.linalg.norm(box[0] - box[1]), np.linalg.norm(box[2] - box[3]))
    down = max(np.linalg.norm(box[0] - box[3]), np.linalg.norm(box[1] - box[2]))
    if int(down) / max(int(across), 1) < _TALL:
        return [(0, crop)]
    # The crop comes turned to the left, so that text running down lies flat.
    return [(0, np.rot90(crop, -1)), (1, crop), (-1, np.rot90(crop, 2))]


def _turn(quad: list[list[float]], turn: int) -> Quad:
    corners = [(float(x), float(y)) for x, y in quad]
    first, second, third, fourth = corners[turn:] + corners[:turn]
    return (first, second, third, fourth)


def _reading(recognised: tuple[str, float, Any], quad: Quad) -> _Reading:
    text, score, info = recognised
    text = text.translate(_NARROW)
    columns = [column for group in info.word_cols for column in group]
    length = max(float(info.line_txt_len), 1.0)
    return _Reading(text, float(score), list(info.confs), [min((c + 0.5) / length, 1.0) for c in columns], quad)


def _best(readings: list[_Reading]) -> _Reading | None:
    """The upright reading, unless a turned one says more: a lone tall digit must not become a dash."""
    sure = [reading for reading in readings if reading.score >= _LEAST_SCORE and reading.text.strip()]
    if not sure:
        return None
    upright = readings[0] if readings[0] in sure else None
    turned = max((r for r in sure if r is not upright), key=lambda r: r.score * len(r.text), default=None)
    if upright is None or (turned is not None and len(turned.text) > len(upright.text)):
        return turned
    return upright


def _words(reading: _Reading) -> Iterator[Word]:
    """Splits a reading on blanks; the words' boxes tile the piece's box, cut in the middle of each blank."""
    spans: list[tuple[str, float, float, float]] = []
    seen = start = 0
    for part in _parts(reading.text):
        if not part.isspace():
            centres = reading.centres[seen : seen + len(part)]
            scores = reading.scores[start : start + len(part)]
            spans.append((part, 100 * sum(scores) / len(scores), centres[0], centres[-1]))
            seen += len(part)
        start += len(part)
    cuts = [0.0, *((a[3] + b[2]) / 2 for a, b in pairwise(spans)), 1.0]
    for (text, confidence, _, _), (left, right) in zip(spans, pairwise(cuts), strict=True):
        yield Word(text, min(confidence, 100.0), slice_quad(reading.quad, left, right))


def _parts(text: str) -> Iterator[str]:
    """The text cut where blanks begin or end, nothing left out."""
    begin = 0
    for index in range(1, len(text) + 1):
        if index == len(text) or text[index].isspace() != text[begin].isspace():
            yield text[begin:index]
            begin = index
