"""The queue in front of the OCR engines: first come, first served, one caller at a time for each engine."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from types import TracebackType
from typing import TypeVar

from local.rekognition.errors import throttled
from local.rekognition.text import TextReader

T = TypeVar("T")

# Below the 60 seconds after which an AWS SDK gives up reading: an answer that says "try again" must arrive.
_PATIENCE_SECONDS = 50.0


class ReaderPool:
    """Works with readers for callers; refuses, as a throttled service does, whom it cannot serve in time.

    The work runs in a thread for each reader and not in the callers' own: the C library keeps a heap for
    every thread that ever decoded a photo or ran a model, half a gigabyte of them after a few dozen calls.
    """

    def __init__(
        self, readers: Sequence[TextReader], most_waiting: int = 64, patience: float = _PATIENCE_SECONDS
    ) -> None:
        self.version = readers[0].version
        self._patience = patience
        self._admitted = threading.BoundedSemaphore(len(readers) + most_waiting)
        self._idle: queue.SimpleQueue[TextReader] = queue.SimpleQueue()
        for reader in readers:
            self._idle.put(reader)
        self._workers = ThreadPoolExecutor(len(readers), thread_name_prefix="reader")

    def __enter__(self) -> ReaderPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._workers.shutdown(cancel_futures=True)

    def run(self, work: Callable[[TextReader], T]) -> T:
        """What `work` makes with a reader, when its turn has come."""
        if not self._admitted.acquire(blocking=False):
            raise throttled()
        future = self._workers.submit(self._work, work)
        # Not when the caller stops waiting: a photo that is still being read keeps its place.
        future.add_done_callback(lambda _: self._admitted.release())
        wait([future], self._patience)
        if not future.done():
            # One that waits still is not worth reading any more; one being read cannot be stopped.
            future.cancel()
            raise throttled()
        return future.result()

    def _work(self, work: Callable[[TextReader], T]) -> T:
        # As many workers as readers, so there is always one idle.
        reader = self._idle.get_nowait()
        try:
            return work(reader)
        finally:
            self._idle.put(reader)
