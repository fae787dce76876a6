"""The queue in front of the OCR engines: each serves one caller at a time, the others wait their turn."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from local.rekognition.errors import throttled
from local.rekognition.text import TextReader

# Below the 60 seconds after which an AWS SDK gives up reading: an answer that says "try again" must arrive.
_PATIENCE_SECONDS = 50.0


class ReaderPool:
    """Lends readers; refuses, as a throttled service does, whom it could not serve before they give up."""

    def __init__(
        self, readers: Sequence[TextReader], most_waiting: int = 64, patience: float = _PATIENCE_SECONDS
    ) -> None:
        self.version = readers[0].version
        self._patience = patience
        self._admitted = threading.BoundedSemaphore(len(readers) + most_waiting)
        self._idle: queue.SimpleQueue[TextReader] = queue.SimpleQueue()
        for reader in readers:
            self._idle.put(reader)

    @contextmanager
    def reader(self) -> Iterator[TextReader]:
        if not self._admitted.acquire(blocking=False):
            raise throttled()
        try:
            try:
                reader = self._idle.get(timeout=self._patience)
            except queue.Empty:
                raise throttled() from None
            try:
                yield reader
            finally:
                self._idle.put(reader)
        finally:
            self._admitted.release()
