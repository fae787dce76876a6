"""In which order the rows of a file are scored, and how they come back into the file's own.

A scorer must see an id's rows by their time. Most files are so already and are scored as they are read, as long as few
ids are under way at once. Any other file is sorted by id and time first, so that one scorer is alive at a time, and the
results are sorted back by row number. Sorting is SQLite's: a merge sort that goes to temporary files which the system
removes with the process. Either way memory does not grow with the file.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cli.score_rows import BadRow, Rows

# Ids of which the first pass keeps the newest time; a file with more is sorted without asking further.
MOST_IDS = 100_000
# Scorers held at once: 45 MB, as a meter's takes 90 kB.
MOST_LIVE = 500
_CACHE_KB = 16_384
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Order:
    """What the first pass found: the number of rows and of their ids, and whether they can be scored as they stand.

    `last` is each id's last row, after which its scorer is not needed any more; empty where the rows must be sorted.
    """

    rows: int
    ids: int | None
    as_it_is: bool
    last: dict[str | None, int]


def survey(lines: Iterable[tuple[int, str]], rows: Rows, most_ids: int = MOST_IDS, most_live: int = MOST_LIVE) -> Order:
    """Read every line's id and time once. `ids` is None where they are more than `most_ids`."""
    newest: dict[str | None, datetime] = {}
    first: dict[str | None, int] = {}
    last: dict[str | None, int] = {}
    sorted_, few, number = True, True, 0
    for number, line in lines:
        try:
            key = rows.key(line)
        except BadRow:
            continue  # Said where the row's turn comes.
        if few:
            before = newest.get(key.id)
            if before is None:
                first[key.id] = number
                few = len(first) <= most_ids
            elif key.at < before:
                sorted_ = False
            newest[key.id] = key.at
            last[key.id] = number
    if not few:
        return Order(number, None, False, {})
    if sorted_ and together(first, last) <= most_live:
        return Order(number, len(first), True, last)
    return Order(number, len(first), False, {})


def together(first: dict[str | None, int], last: dict[str | None, int]) -> int:
    """The most ids that are between their first and their last row at once."""
    starts, ends = sorted(first.values()), sorted(last.values())
    most = ended = 0
    for begun, start in enumerate(starts, start=1):
        while ends[ended] < start:
            ended += 1
        most = max(most, begun - ended)
    return most


def microseconds(moment: datetime) -> int:
    """Since 1970: a time that sorts and loses nothing."""
    return (moment - _EPOCH) // _MICROSECOND


class Sorter:
    """Rows in any number, given back in order. The database has no name, so nothing is left of it."""

    def __init__(self, *columns: str) -> None:
        """`columns`: the keys' names and types in the order of their weight, then whatever goes with them."""
        self._columns = [column.split()[0] for column in columns]
        self._database = sqlite3.connect("", isolation_level=None)
        for setting in (f"cache_size=-{_CACHE_KB}", "journal_mode=OFF", "synchronous=OFF", "temp_store=FILE"):
            self._database.execute(f"PRAGMA {setting}").fetchall()
        self._database.execute(f"CREATE TABLE kept ({', '.join(columns)})")
        self._database.execute("BEGIN")
        self._insert = f"INSERT INTO kept VALUES ({', '.join('?' * len(columns))})"
        self._waiting: list[tuple[object, ...]] = []

    def add(self, *values: object) -> None:
        """Keep one row."""
        self._waiting.append(values)
        if len(self._waiting) >= 1000:
            self._keep()

    def sorted(self, keys: int) -> Iterator[tuple[Any, ...]]:
        """Everything, by the first `keys` columns."""
        self._keep()
        yield from self._database.execute(f"SELECT * FROM kept ORDER BY {', '.join(self._columns[:keys])}")

    def close(self) -> None:
        """Drop everything."""
        self._database.close()

    def _keep(self) -> None:
        self._database.executemany(self._insert, self._waiting)
        self._waiting.clear()
