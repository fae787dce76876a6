"""A line of the file as a row that a scorer takes, or the reason why not."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cli import score_times
from cli.score_columns import Columns
from cli.score_file import Table
from cli.score_kinds import STANDARD, Kind
from cli.score_times import DateOrder

# What files write where nothing was measured.
ABSENT = frozenset(("", "?", "-", "na", "n/a", "null", "none"))
# Larger than anything that a utility measures, in any unit.
LARGEST = 1e12


class BadRow(ValueError):
    """A row that cannot be scored; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Key:
    """Whose row it is and when it was measured."""

    id: str | None
    at: datetime


class Rows:
    """Reads the rows of one table."""

    def __init__(self, table: Table, columns: Columns, kind: Kind, zone: str | None, order: DateOrder | None) -> None:
        self._table, self._columns, self._kind, self._order = table, columns, kind, order
        self._zone = (zone or STANDARD).upper()
        # A comma within a number is a decimal comma where the delimiter is another.
        self._comma = table.delimiter != ","
        self._measures = tuple((name, at, name in kind.signed) for name, at in columns.measures)
        given = {name for name, _ in columns.measures}
        self._without = {name: None for name in kind.measures if name not in given}

    def cells(self, line: str) -> list[str]:
        """The cells of a line. Raises BadRow where they are not as many as the header's."""
        try:
            cells = self._table.cells(line)
        except ValueError as error:
            raise BadRow(str(error)) from None
        if len(cells) != self._columns.width:
            raise BadRow(f"{len(cells)} columns where the header has {self._columns.width}")
        return cells

    def id(self, cells: list[str]) -> str | None:
        """Whose row it is; None in a file of a single series. Raises BadRow where it is missing."""
        at = self._columns.id
        if at is None:
            return None
        found = cells[at].strip()
        if not found:
            raise BadRow(f"no {self._table.header[at]}")
        return found

    def time_text(self, cells: list[str]) -> str:
        """The time as it is written."""
        time = self._columns.time
        return cells[time[0]].strip() if len(time) == 1 else " ".join(cells[at].strip() for at in time)

    def time(self, cells: list[str]) -> datetime:
        """When it was measured, in UTC. Raises BadRow."""
        text = self.time_text(cells)
        if not text.strip():
            raise BadRow("no timestamp")
        try:
            return score_times.parse(text, self._order)
        except score_times.NotATime as error:
            raise BadRow(str(error)) from None

    def key(self, line: str) -> Key:
        """Whose row a line is, and its time. Raises BadRow."""
        cells = self.cells(line)
        return Key(self.id(cells), self.time(cells))

    def row(self, cells: list[str], at: datetime) -> Any:
        """The row for the scorer. Raises BadRow: not a number, not finite, negative, or nothing measured."""
        values: dict[str, Any] = self._without.copy()
        measured = False
        for name, place, signed in self._measures:
            text = cells[place].strip()
            if text.lower() in ABSENT:
                values[name] = None
                continue
            values[name] = self.number(name, text, signed)
            measured = True
        if not measured:
            raise BadRow("nothing was measured")
        if self._kind.zoned:
            zone = self._columns.zone
            values["facility_zone"] = (cells[zone].strip().upper() if zone is not None else "") or self._zone
        return self._kind.row(timestamp=at, **values)

    def number(self, name: str, text: str, signed: bool = True) -> float:
        """A measurement. Raises BadRow."""
        try:
            value = float(text)
        except ValueError:
            value = self._with_comma(name, text)
        if not math.isfinite(value):
            raise BadRow(f"{name} is {'not a number' if math.isnan(value) else 'infinite'}: {text}")
        if value < 0 and not signed:
            raise BadRow(f"{name} is negative: {text}")
        if abs(value) > LARGEST or "_" in text:
            raise BadRow(f"{name} cannot be {_short(text)}")
        return value

    def _with_comma(self, name: str, text: str) -> float:
        if self._comma and text.count(",") == 1 and "." not in text:
            try:
                return float(text.replace(",", "."))
            except ValueError:
                pass  # Said below in the file's own words.
        raise BadRow(f"{name} is no number: {_short(text)}")


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")
