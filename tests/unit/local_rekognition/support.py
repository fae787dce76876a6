"""What the tests of the stand-in share beside fixtures: a reader without OCR, and hand-made text."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from local.rekognition.errors import invalid_s3_object
from local.rekognition.s3 import S3Object
from local.rekognition.text import Line, Pixels, Word

ImageFile = Callable[..., bytes]
Serve = Callable[..., AbstractContextManager[Any]]


class FakeReader:
    """Reads the same lines on every photo; for what does not depend on OCR."""

    version = "fake-1"

    def __init__(self, *lines: Line) -> None:
        self.lines = list(lines)

    def read(self, pixels: Pixels) -> list[Line]:  # noqa: ARG002 - every photo is the same to it
        return self.lines


def word(text: str, confidence: float, left: float, top: float, width: float, height: float) -> Word:
    right, bottom = left + width, top + height
    return Word(text, confidence, ((left, top), (right, top), (right, bottom), (left, bottom)))


def line(*words: Word) -> Line:
    first, last = words[0].quad, words[-1].quad
    return Line(words, (first[0], last[1], last[2], first[3]))


def no_object(wanted: S3Object) -> bytes:  # noqa: ARG001 - there is none
    raise invalid_s3_object()
