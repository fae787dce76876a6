"""One line of JSON for each call: what was asked and how it went, never what a photo shows or is called."""

from __future__ import annotations

import json
import logging
import sys
import time
from dataclasses import dataclass, field

LOGGER = logging.getLogger("local.rekognition")


@dataclass
class Record:
    """What is known of a call; filled in on its way."""

    op: str = "-"
    image_bytes: int = 0
    words: int = 0
    outcome: str = "ok"
    started: float = field(default_factory=time.monotonic)

    def write(self) -> None:
        LOGGER.info(
            json.dumps(
                {
                    "op": self.op,
                    "bytes": self.image_bytes,
                    "words": self.words,
                    "ms": round((time.monotonic() - self.started) * 1000),
                    "outcome": self.outcome,
                }
            )
        )


def log_to(path: str | None) -> None:
    handler = logging.FileHandler(path, encoding="utf-8") if path else logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
