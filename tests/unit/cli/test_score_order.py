"""The order of scoring: by time for each id, printed as the file has it, nothing from the future, in bounded memory."""

import itertools
import json
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli import score_kinds, score_order, score_signs
from meterflow.scoring.verdict import Verdict

Run = Callable[..., Any]
START = datetime(2026, 3, 1, tzinfo=UTC)
HEADER = "meter_id,timestamp,consumption"


@dataclass(frozen=True, slots=True)
class Row:
    """What the scorer below takes."""

    timestamp: datetime
    consumption: float | None


class Chain:
    """A scorer whose verdict depends on every earlier row and on their order: it would show any other order."""

    alive = 0

    def __init__(self) -> None:
        self._seen = 0.0
        self._newest: datetime | None = None

    def observe(self, row: Row) -> Verdict:
        assert self._newest is None or row.timestamp >= self._newest
        self._newest = row.timestamp
        self._seen = (self._seen * 1.37 + (row.consumption or 0.0)) % 1
        return Verdict(self._seen, {}, "LOW", alert=self._seen > 0.9, kind="normal", reason="chained")


@pytest.fixture(autouse=True)
def chained(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every kind is scored by the chain."""
    monkeypatch.setattr(score_kinds, "_classes", lambda _: (Row, Chain))


@pytest.fixture
def score(meterflow: Run, tmp_path: Path) -> Callable[[list[str]], list[dict[str, Any]]]:
    """Scores lines and returns the objects."""

    def scored(lines: list[str]) -> list[dict[str, Any]]:
        path = tmp_path / "readings.csv"
        path.write_text("\n".join([HEADER, *lines]) + "\n")
        done = meterflow("score", "meter", str(path), "--json")
        assert done.status == 0
        return [json.loads(line) for line in done.out.splitlines()]

    return scored


def rows(ids: int, each: int, seed: int = 1) -> list[str]:
    """Rows of several meters, all meters at one time after the other; some times are there twice."""
    chance = random.Random(seed)
    return [
        f"M{one},{(START + timedelta(hours=at - at % 7 // 6)).isoformat()},{chance.random():.6f}"
        for at in range(each)
        for one in range(ids)
    ]


def by_content(found: list[dict[str, Any]], lines: list[str]) -> dict[str, float]:
    return {line: one["score"] for line, one in zip(lines, found, strict=True)}


def test_shuffled_rows_get_the_same_verdicts_in_the_files_order(score: Any) -> None:
    lines = [line for line in rows(5, 60) if "T05" not in line]
    times = [line.rsplit(",", 1)[0] for line in lines]
    # Rows of the same id and time keep the file's order, so they must not change places here.
    lines = [line for at, line in enumerate(lines) if times[at] not in times[:at]]
    expected = by_content(score(lines), lines)
    shuffled = random.Random(3).sample(lines, len(lines))
    found = score(shuffled)
    assert [one["row"] for one in found] == list(range(1, len(lines) + 1))
    assert [one["id"] for one in found] == [line.split(",")[0] for line in shuffled]
    assert by_content(found, shuffled) == expected


@pytest.mark.parametrize("seed", range(4))
def test_nothing_after_a_row_changes_its_verdict(seed: int, score: Any) -> None:
    """Whatever is cut off after row k by time: verdicts of the rows that stay are the same."""
    lines = rows(3, 40, seed)
    if seed % 2:
        random.Random(seed).shuffle(lines)
    whole = score(lines)
    for cut in (1, 17, 60, 119):
        until = sorted(one["timestamp"] for one in whole)[cut]
        kept = [at for at, one in enumerate(whole) if one["timestamp"] <= until]
        again = score([lines[at] for at in kept])
        assert [one["score"] for one in again] == [whole[at]["score"] for at in kept]


def test_cutting_the_file_changes_nothing_before_the_cut(score: Any) -> None:
    lines = rows(3, 40)
    whole = score(lines)
    for cut in (1, 2, 50, 119):
        assert score(lines[:cut]) == whole[:cut]


def test_bad_rows_keep_their_place_in_an_unsorted_file(score: Any) -> None:
    lines = rows(2, 20)[::-1]
    lines.insert(7, "M0,never,0.5")
    lines.insert(20, "M1,2026-03-01,NaN")
    found = score(lines)
    assert [one["row"] for one in found if one["kind"] == "bad_row"] == [8, 21]
    assert len(found) == 42


def test_many_ids_at_once_take_one_scorer_at_a_time(score: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    alive = _counted(monkeypatch)
    lines = rows(40, 5)
    expected = score(lines)
    assert max(alive) == 40
    alive.clear()
    monkeypatch.setattr(score_order.survey, "__defaults__", (score_order.MOST_IDS, 10))
    assert score(lines) == expected
    assert max(alive) <= 2
    alive.clear()
    monkeypatch.setattr(score_order.survey, "__defaults__", (10, 1000))
    assert score(lines) == expected
    assert max(alive) <= 2


def test_a_scorer_goes_with_its_last_row(score: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    alive = _counted(monkeypatch)
    score(sorted(rows(30, 5)))
    assert max(alive) <= 2


def _counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many chains were alive whenever one was made."""
    alive: list[int] = [0]
    counts = itertools.count()
    now: set[int] = set()

    class Counted(Chain):
        def __init__(self) -> None:
            super().__init__()
            self._number = next(counts)
            now.add(self._number)
            alive.append(len(now))

        def __del__(self) -> None:
            now.discard(self._number)

    monkeypatch.setattr(score_kinds, "_classes", lambda _: (Row, Counted))
    return alive


def test_together_counts_overlaps() -> None:
    assert score_order.together({"a": 1, "b": 2, "c": 9}, {"a": 5, "b": 8, "c": 9}) == 2
    assert score_order.together({"a": 1, "b": 2}, {"a": 1, "b": 2}) == 1
    assert score_order.together({"a": 1, "b": 1 + 1, "c": 3}, {"a": 7, "b": 8, "c": 9}) == 3


def test_signs_learn_from_what_was_shown() -> None:
    consumption = score_signs.Signs()
    assert [consumption.allows(value) for value in (3.0, -1.0, 2.0, 0.0)] == [True, False, True, True]
    degrees = score_signs.Signs()
    assert [degrees.allows(value) for value in (-1.0, 2.0, -3.0)] == [True, True, True]
    balance = score_signs.Signs()
    assert [balance.allows(value) for value in [1.0] + [-1.0] * 11] == [True] + [False] * 9 + [True] * 2


on_linux = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
PROBE = """
import sys
from dataclasses import dataclass
from datetime import datetime
from cli import main, score_kinds
from meterflow.scoring.verdict import Verdict

@dataclass(frozen=True, slots=True)
class Row:
    timestamp: datetime
    temperature: float

class Still:
    def observe(self, row):
        return Verdict(0.0, {}, "LOW", alert=False, kind="normal", reason="said at some length, as sentences are")

score_kinds._classes = lambda name: (Row, Still)
status = main.main(["score", "energy", sys.argv[1], "--json"])
# Not ru_maxrss: that begins with what the parent had, however much.
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1], file=sys.stderr)
sys.exit(status)
"""


def _file(path: Path, count: int, shuffled: bool) -> None:
    order = list(range(count))
    if shuffled:
        random.Random(5).shuffle(order)
    with path.open("w") as file:
        file.write("device_id,timestamp,temperature\n")
        for at in order:
            file.write(f"D{at % 50},{(START + timedelta(minutes=at)).isoformat()},{20 + at % 13}\n")


def _megabytes(path: Path, count: int, shuffled: bool) -> float:
    """The most memory that scoring a file of `count` rows takes, in a process of its own."""
    _file(path, count, shuffled)
    command = [sys.executable, "-c", PROBE, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.count("\n") == count
    return int(done.stderr.splitlines()[-1]) / 1024


@on_linux
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Nine times as many rows take no more than a few megabytes; a list of them would take sixty and more."""
    grown = _megabytes(tmp_path / "large.csv", 200_000, False) - _megabytes(tmp_path / "small.csv", 20_000, False)
    assert grown < 8


@on_linux
def test_memory_of_sorting_is_bounded(tmp_path: Path) -> None:
    """An unsorted file fills the sorters' caches at most; in memory its rows and results would take 90 MB and more."""
    grown = _megabytes(tmp_path / "large.csv", 200_000, True) - _megabytes(tmp_path / "small.csv", 20_000, True)
    assert grown < 60
