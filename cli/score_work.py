"""Scores the rows of a table and gives them back in the file's order."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from cli import score_budget, score_order
from cli.score_budget import Alarm
from cli.score_file import Table
from cli.score_kinds import Kind, Scorer
from cli.score_order import Order, Sorter
from cli.score_output import Progress, Scored
from cli.score_rows import BadRow, Rows
from cli.score_signs import Signs


class Work:
    """The scorers of one run, one an id, each let go after the id's last row."""

    def __init__(self, table: Table, rows: Rows, kind: Kind, order: Order, plain: bool) -> None:
        self._table, self._rows, self._kind, self._order, self._plain = table, rows, kind, order, plain
        self._live: dict[str | None, tuple[Scorer, Signs]] = {}
        self.most_live = 0

    def results(self, progress: Progress) -> Iterator[Scored]:
        """Every row of the file, in its order."""
        if self._order.as_it_is:
            for number, line in self._table.rows():
                progress.at(number, "scored")
                one = self.score(number, line)
                if self._order.last.get(one.id) == number:
                    self._live.pop(one.id, None)
                yield one
        else:
            yield from self._sorted(progress)

    def score(self, number: int, line: str) -> Scored:
        """One line, after all earlier rows of its id."""
        who: str | None = None
        at: datetime | None = None
        try:
            cells = self._rows.cells(line)
            # What is known of a bad row is told, whichever cell spoils it.
            trouble: BadRow | None = None
            try:
                who = self._rows.id(cells)
            except BadRow as error:
                trouble = error
            at = self._rows.time(cells)
            if trouble:
                raise trouble
            row = self._rows.row(cells, at)
            scorer, signs = self._of(who)
            if self._plain and not signs.allows(row[1]):
                raise BadRow(f"value is negative: {row[1]:g}")
        except BadRow as bad:
            return Scored(number, who, at, None, str(bad))
        return Scored(number, who, at, scorer.observe(row))

    def _of(self, who: str | None) -> tuple[Scorer, Signs]:
        found = self._live.get(who)
        if found is None:
            found = self._live[who] = self._kind.scorer(), Signs()
            self.most_live = max(self.most_live, len(self._live))
        return found

    def _sorted(self, progress: Progress) -> Iterator[Scored]:
        """By id and time, one scorer alive at a time, and back."""
        results = Sorter("row INTEGER", "scored TEXT")
        ordered = Sorter("id TEXT", "at INTEGER", "row INTEGER", "line TEXT")
        try:
            for number, line in self._table.rows():
                progress.at(number, "sorted")
                try:
                    key = self._rows.key(line)
                except BadRow:
                    results.add(number, self.score(number, line).packed())
                    continue
                ordered.add(key.id, score_order.microseconds(key.at), number, line)
            before: str | None = None
            for done, (who, _, number, line) in enumerate(ordered.sorted(3), start=1):
                progress.at(done, "scored")
                if who != before:
                    self._live.clear()
                    before = who
                results.add(number, self.score(number, line).packed())
            ordered.close()
            for number, packed in results.sorted(1):
                yield Scored.unpacked(number, packed)
        finally:
            ordered.close()
            results.close()


def budgeted(results: Iterable[Scored], a_week: float) -> Iterator[Scored]:
    """The same rows with at most `a_week` alarms a week of all ids together: see `score_budget`."""
    kept = Sorter("row INTEGER", "scored TEXT")
    alarms: list[Alarm] = []
    since: datetime | None = None
    try:
        for one in results:
            kept.add(one.row, one.packed())
            if one.verdict and one.at:
                since = min(since or one.at, one.at)
                if one.verdict.alert:
                    alarms.append(Alarm(one.at, one.row, one.verdict.score))
        told = score_budget.within(alarms, a_week, since) if since else set()
        for number, packed in kept.sorted(1):
            one = Scored.unpacked(number, packed)
            if one.verdict and one.verdict.alert and number not in told:
                reason = f"{one.verdict.reason} Not told: beyond {a_week:g} alarms a week."
                one = replace(one, verdict=replace(one.verdict, alert=False, reason=reason))
            yield one
    finally:
        kept.close()
