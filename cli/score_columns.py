"""Which column of a file is which measurement, and what a person is told where that cannot be known."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cli import score_times
from cli.score_file import WrongFile
from cli.score_kinds import IDS, KINDS, TIME, VALUE, ZONE, Kind, known


class WrongMap(Exception):
    """A `--map` that cannot be followed: wrong use."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Positions in a row. `time` may be several (a date and a time), joined by a blank; `id` and `zone` may be absent.

    `unused` are the file's columns that nobody asked for.
    """

    width: int
    id: int | None
    time: tuple[int, ...]
    measures: tuple[tuple[str, int], ...]
    zone: int | None
    unused: tuple[str, ...]

    @property
    def plain(self) -> bool:
        """Whether the file is a series of times and values, of whatever kind."""
        return [name for name, _ in self.measures] == [VALUE]


def names_of(kind: Kind) -> tuple[str, ...]:
    """Every NAME that `--map` takes for a kind."""
    return (*IDS, TIME, *kind.measures, *((ZONE,) if kind.zoned else ()), VALUE)


def find(name: str, header: Sequence[str], kind: Kind, mapped: Mapping[str, str]) -> Columns:
    """The columns of the file `name`. Raises WrongFile, and WrongMap for a `--map` that names no column of it."""
    for one in mapped:
        if one not in names_of(kind):
            raise WrongMap(f"--map {one}=…: {kind.name} has no {one}; there are {', '.join(names_of(kind))}")
    _refuse_data(name, header)
    places = {one: _place(column, header) for one, column in mapped.items()}
    for one in names_of(kind):
        if one not in places and (found := _like(name, one, header)) is not None:
            places[one] = (found,)
    # A column that a person named goes before one that is called so.
    ids = sorted((one for one in IDS if one in places), key=lambda one: one not in mapped)
    measures = [one for one in kind.measures if one in places] or [one for one in (VALUE,) if one in places]
    if TIME not in places or not measures:
        raise WrongFile(_advice(name, header, kind, TIME in places, bool(measures)))
    if joined := [one for one in places if one != TIME and len(places[one]) > 1]:
        raise WrongMap(f"--map {joined[0]}=…: only {TIME} may be joined of two columns")
    used = {place for one in (ids[0] if ids else TIME, TIME, *measures, ZONE) for place in places.get(one, ())}
    return Columns(
        width=len(header),
        id=places[ids[0]][0] if ids else None,
        time=places[TIME],
        measures=tuple((one, places[one][0]) for one in measures),
        zone=places[ZONE][0] if ZONE in places else None,
        unused=tuple(column for at, column in enumerate(header) if at not in used and column),
    )


def _same(text: str) -> str:
    """A column's name without what people write differently: case, blanks, marks."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def _like(file: str, name: str, header: Sequence[str]) -> int | None:
    found = [at for at, column in enumerate(header) if _same(column) == name]
    if len(found) > 1:
        raise WrongFile(f"{file}: the column {name} is there {len(found)} times; say which: --map {name}=COLUMN")
    return found[0] if found else None


def _place(column: str, header: Sequence[str]) -> tuple[int, ...]:
    """Where `column` is; `Date+Time` are two, unless a column is called so."""
    parts = [column] if column in header else column.split("+")
    for part in parts:
        if header.count(part) != 1:
            there = "is there more than once" if part in header else f"is none of {', '.join(header)}"
            raise WrongMap(f"--map …={column}: the column {part!r} {there}")
    return tuple(header.index(part) for part in parts)


def _refuse_data(name: str, header: Sequence[str]) -> None:
    """A first line with a time or a number in it is a row: the header is missing."""
    for cell in header:
        try:
            float(cell)
        except ValueError:
            try:
                score_times.parse(cell, "dmy")
            except score_times.NotATime:
                continue
        raise WrongFile(f"{name}: has no header: its first line is a row ({cell!r}); name the columns in a first line")


def _advice(name: str, header: Sequence[str], kind: Kind, timed: bool, measured: bool) -> str:
    """One line: what is missing, what is there, and a `--map` that would help."""
    few = ", ".join(kind.measures[:6]) + (", …" if len(kind.measures) > 6 else "")
    lacks = ([] if timed else [TIME]) + ([] if measured else [f"any of {few} or {VALUE}"])
    there = {_same(column) for column in header}
    others = [] if measured else [one for one in KINDS if one != kind.name and there & set(known(one).measures)]
    if others and timed:
        return f"{name}: has no column for {kind.name}, but some for {others[0]}: meterflow score {others[0]} {name}"
    wanted = ([] if timed else [TIME]) + ([] if measured else [kind.measures[0]])
    hints = " ".join(f'--map {one}="{_guess(one, header)}"' for one in wanted)
    return f"{name}: has no {' and not '.join(lacks)}; it has {', '.join(header)}. Say which is which, such as {hints}"


def _guess(name: str, header: Sequence[str]) -> str:
    """The column that a person would most likely mean."""
    columns = {_same(column): column for column in header if _same(column) not in (*IDS, TIME)}
    if name == TIME and {"date", "time"} <= columns.keys():
        return f"{columns['date']}+{columns['time']}"
    close = difflib.get_close_matches(name, columns, n=1, cutoff=0.4)
    return columns[close[0]] if close else "COLUMN"
