"""The account's quota of transactions per second, as a token bucket."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class TokenBucket:
    """Holds one second's worth of calls and fills steadily; a rate of 0 is no limit."""

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = per_second
        # A rate below one call a second must still let one call through.
        self._size = max(per_second, 1.0)
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens = self._size
        self._filled_at = clock()

    def take(self) -> bool:
        """Whether a call may pass now."""
        if self._rate == 0:
            return True
        with self._lock:
            now = self._clock()
            self._tokens = min(self._size, self._tokens + (now - self._filled_at) * self._rate)
            self._filled_at = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True
