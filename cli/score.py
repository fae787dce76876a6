"""`meterflow score`: score a file of readings row by row with the scorers of the workflows. Needs no cloud."""

import argparse
import io
import math
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

from cli import score_columns, score_kinds, score_order, score_times, score_units
from cli.score_columns import Columns
from cli.score_file import Table, WrongFile
from cli.score_kinds import KINDS, Kind
from cli.score_output import Progress, Scored, Summary
from cli.score_rows import BadRow, Rows
from cli.score_times import DateOrder
from cli.score_work import Work, budgeted

WRONG_USE = 2


def add_to(commands: Any) -> None:
    """Add it to the command line."""
    command = commands.add_parser(
        "score",
        help="score a CSV file of readings; needs no cloud",
        description="Score every row of a CSV file from what came before it, and say where a person would be alarmed.",
        epilog="Columns, kinds and what an alert means: docs/scoring.md",
    )
    command.add_argument("kind", choices=KINDS, metavar="KIND", help=", ".join(KINDS))
    command.add_argument("file", metavar="FILE", help="CSV with a header; - is the standard input")
    command.add_argument("--json", action="store_true", help="one JSON object a row and nothing else")
    command.add_argument(
        "--map",
        action="append",
        default=[],
        type=_pair,
        metavar="NAME=COLUMN",
        help="the file's column for NAME; timestamp may be two: timestamp=Date+Time",
    )
    command.add_argument("--dates", choices=("dmy", "mdy"), help="what 01/03/2016 is: 1 March or January 3")
    command.add_argument("--zone", metavar="ZONE", help="the facility zone of rows that name none, such as CRITICAL")
    command.add_argument(
        "--alarms-per-week", type=_budget, metavar="N", help="tell at most N alerts a week of all ids together"
    )
    command.add_argument("--alerts", action="store_true", help="print only the rows that raise an alert")
    command.set_defaults(run=run)


def _pair(text: str) -> tuple[str, str]:
    name, equals, column = text.partition("=")
    if not (name.strip() and equals and column.strip()):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=COLUMN")
    return name.strip().lower(), column.strip()


def _budget(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is no number of alarms above 0")
    return value


def run(arguments: argparse.Namespace) -> int:
    """Score the file. Exit 1 where it cannot be scored or no row could, 2 for a `--map` that cannot be followed."""
    table = Table(arguments.file)
    try:
        return _score(table, arguments)
    except score_columns.WrongMap as error:
        print(f"meterflow: {error}", file=sys.stderr)
        return WRONG_USE
    finally:
        table.close()


def _score(table: Table, arguments: argparse.Namespace) -> int:
    started = time.monotonic()
    kind = score_kinds.known(arguments.kind)
    columns = score_columns.find(table.name, table.header, kind, dict(arguments.map))
    if columns.plain:
        kind = score_kinds.plain(arguments.kind)
    dates = arguments.dates or _dates(table, columns, kind)
    rows = Rows(table, columns, kind, arguments.zone, dates)
    if columns.unused:
        _note(f"columns not used: {', '.join(columns.unused)}")
        if columns.id is None:
            _note("no column holds ids, so all rows are taken for one series; if one does: --map id=COLUMN")
    for guess in score_units.guesses(score_units.sample(table.rows(), rows, columns.measures)):
        _note(f"{guess}. Nothing was converted.")
    order = score_order.survey(_told(table.rows(), Progress(), "read"), rows)
    if not order.rows:
        raise WrongFile(f"{table.name}: has a header and no rows")
    summary = Summary()
    work = Work(table, rows, kind, order, columns.plain)
    progress = Progress(order.rows)
    results = work.results(progress)
    if arguments.alarms_per_week:
        results = budgeted(results, arguments.alarms_per_week)
    _print(results, progress, summary, arguments.json, arguments.alerts)
    if not arguments.json:
        _note(summary.text(order.ids, time.monotonic() - started))
    if summary.bad == summary.rows:
        raise WrongFile(f"{table.name}: none of its {summary.rows:,} rows could be scored")
    return 0


def _print(results: Iterable[Scored], progress: Progress, summary: Summary, as_json: bool, only_alerts: bool) -> None:
    """Print the rows as they come. A bad row is named on standard error too, unless both are one terminal."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    one_terminal = sys.stdout.isatty() and sys.stderr.isatty() and not (as_json or only_alerts)
    for one in results:
        summary.add(one)
        if one.bad is not None and not one_terminal:
            progress.clear()
            print(f"row {one.row}: {one.bad}", file=sys.stderr)
        if only_alerts and not (one.verdict and one.verdict.alert):
            continue
        sys.stdout.write((one.as_json() if as_json else one.as_text()) + "\n")
    progress.clear()


def _dates(table: Table, columns: Columns, kind: Kind) -> DateOrder | None:
    """The order of dates such as 01/03/2016, found in the file. Raises WrongFile where every date could be either."""
    rows = Rows(table, columns, kind, None, None)
    order, example = score_times.date_order(_times(table, rows))
    if order:
        words = "day/month/year" if order == "dmy" else "month/day/year"
        _note(f"dates are read as {words}, because of {example!r}; --dates {order} says so for sure")
    elif example:
        raise WrongFile(
            f"{table.name}: {example!r} could be day/month or month/day, and so could every date of the file;"
            " say --dates dmy or --dates mdy"
        )
    return order


def _times(table: Table, rows: Rows) -> Iterator[str]:
    for _, line in table.rows():
        try:
            yield rows.time_text(rows.cells(line))
        except BadRow:
            continue  # Said where the row's turn comes.


def _told(lines: Iterator[tuple[int, str]], progress: Progress, what: str) -> Iterator[tuple[int, str]]:
    for number, line in lines:
        progress.at(number, what)
        yield number, line
    progress.clear()


def _note(text: str) -> None:
    print(f"meterflow: {text}", file=sys.stderr)
