"""The operations: a request's JSON in, a response's JSON out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local.rekognition.access_log import Record
from local.rekognition.detect_labels import MOST_SIDE, LabelRequest, labels
from local.rekognition.detect_text import Filters, text_detections, told_lines
from local.rekognition.errors import unknown_operation
from local.rekognition.fields import Json
from local.rekognition.images import decode
from local.rekognition.pool import ReaderPool
from local.rekognition.s3 import Fetch
from local.rekognition.source import image_bytes
from local.rekognition.text import Line, TextReader

Operation = Callable[[Json, Record], dict[str, Any]]


class Service:
    """Knows no file, no hash and no meter: every answer is read from the pixels sent."""

    def __init__(self, pool: ReaderPool, fetch: Fetch) -> None:
        self._pool = pool
        self._fetch = fetch
        self._operations: dict[str, Operation] = {
            "DetectText": self._detect_text,
            "DetectLabels": self._detect_labels,
        }

    @property
    def version(self) -> str:
        return self._pool.version

    def operation(self, name: str) -> Operation:
        try:
            return self._operations[name]
        except KeyError:
            raise unknown_operation() from None

    def _detect_text(self, request: Json, record: Record) -> dict[str, Any]:
        filters = Filters.of(request)
        lines = self._read(request, record, filters)
        return {"TextDetections": text_detections(lines), "TextModelVersion": self.version}

    def _detect_labels(self, request: Json, record: Record) -> dict[str, Any]:
        asked = LabelRequest.of(request)
        lines = self._read(request, record, Filters(), MOST_SIDE)
        return {"Labels": labels(lines, asked), "LabelModelVersion": self.version}

    def _read(self, request: Json, record: Record, filters: Filters, most_side: int | None = None) -> list[Line]:
        data = image_bytes(request, self._fetch)
        record.image_bytes = len(data)

        # Decoded in one's turn and not before: a queue of callers holds files, not unpacked photos.
        def read(reader: TextReader) -> list[Line]:
            photo = decode(data, most_side)
            return told_lines(reader.read(photo.pixels), photo, filters)

        lines = self._pool.run(read)
        record.words = sum(len(line.words) for line in lines)
        return lines
