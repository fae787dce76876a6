"""The hourly meters of real homes (DAIAD, Alicante), as intervals of consumption in litres."""

import csv
import io
import os
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ARCHIVE = Path("water-homes") / "hourly.csv.zip"


@dataclass(frozen=True, slots=True)
class Interval:
    """`used` litres from `start` to `end`."""

    start: datetime
    end: datetime
    used: float

    @property
    def hours(self) -> float:
        return (self.end - self.start).total_seconds() / 3600


@dataclass(frozen=True, slots=True)
class Home:
    """One home and its intervals in time order."""

    name: str
    intervals: Sequence[Interval]

    @property
    def days(self) -> float:
        """From the first to the last reading."""
        return (self.intervals[-1].end - self.intervals[0].start).total_seconds() / 86_400


def data_folder() -> Path:
    """METERFLOW_DATA, or `shared/data` beside the checkout."""
    return Path(os.environ.get("METERFLOW_DATA", ROOT.parent / "shared" / "data"))


def load_homes(folder: Path) -> list[Home]:
    """Every home of `folder`/water-homes with a month of readings or more. FileNotFoundError where it is absent."""
    with zipfile.ZipFile(folder / ARCHIVE) as archive, archive.open("hourly.csv") as file:
        return homes_of(csv.reader(io.TextIOWrapper(file, "utf-8"), delimiter=";"))


def homes_of(rows: Iterable[Sequence[str]]) -> list[Home]:
    """Homes from `user key, datetime, meter reading, diff`. A register that runs back gives no interval."""
    readings: dict[str, dict[datetime, float]] = {}
    for row in rows:
        if row and row[0] != "user key":
            at = datetime.strptime(row[1], "%d/%m/%Y %H:%M:%S").replace(tzinfo=UTC)
            readings.setdefault(row[0], {})[at] = float(row[2])
    homes = []
    for name, register in sorted(readings.items()):
        times = sorted(register)
        intervals = [
            Interval(start, end, register[end] - register[start])
            for start, end in pairwise(times)
            if register[end] >= register[start]
        ]
        if len(intervals) > 24 * 30:
            homes.append(Home(name, intervals))
    return homes
