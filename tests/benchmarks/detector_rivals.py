"""Asks other people's detectors, and makes the features that they see: the same ones for all of them."""

import json
import math
import statistics
import subprocess
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from local import paths

PYTHON = paths.ROOT / ".local" / "tools" / "baselines" / "bin" / "python"
NAMES = ("PyOD IsolationForest", "PyOD ECOD", "river HalfSpaceTrees")
SEED = 1
_WINDOW = 24

Rows = Sequence[Sequence[float]]
Branch = tuple[int, Rows]
View = Callable[[Iterable[tuple[datetime, float]]], list[list[float]]]


@dataclass(frozen=True, slots=True)
class Rivals:
    """The process that answers."""

    process: subprocess.Popen[str]

    def scores(
        self, detector: str, series: Rows, fit: int, branches: Sequence[Branch] = ()
    ) -> tuple[list[float], list[list[float]]]:
        """What `detector` gives each row of `series`, and each row of the branches (see `rivals`)."""
        asked = {"detector": detector, "seed": SEED, "series": series, "fit": fit, "branches": branches}
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("the detectors' process has no pipes")
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{detector} gave no answer")
        answer = json.loads(line)
        return answer["scores"], answer["branches"]


@contextmanager
def started() -> Iterator[Rivals | None]:
    """The detectors while the block runs; None where their environment is not installed."""
    if not PYTHON.exists():
        print("\nother people's detectors are not installed: make .local/tools/baselines/.installed")
        yield None
        return
    command = [str(PYTHON), "-W", "ignore", "-m", "tests.benchmarks.rivals"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=paths.ROOT)
    try:
        yield Rivals(process)
    finally:
        process.communicate()


def features(rows: Iterable[tuple[datetime, float]]) -> list[list[float]]:
    """For each row of a series: the value, its step, mean, deviation and least of the newest rows, and the hour."""
    newest: deque[float] = deque(maxlen=_WINDOW)
    before: float | None = None
    found = []
    for at, value in rows:
        newest.append(value)
        angle = (at.hour + at.minute / 60) * math.pi / 12
        found.append([
            value, value - (value if before is None else before), statistics.fmean(newest),
            statistics.pstdev(newest), min(newest), math.sin(angle), math.cos(angle),
        ])  # fmt: skip
        before = value
    return found


def bare(rows: Iterable[tuple[datetime, float]]) -> list[list[float]]:
    """For each row of a series its value alone."""
    return [[value] for _, value in rows]


VIEWS: tuple[View, ...] = (features, bare)
"""What a detector may see; a table shows it with the one that serves it better."""
