"""`meterflow export`: a meter's readings as CSV with quality codes and originals, and the sealed evidence beside it."""

import argparse
import csv
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from cli import api, submit
from local import endpoints
from meterflow import evidence
from meterflow.reading import normal_time

COLUMNS = (
    "meter_id", "taken_at", "value", "unit", "quality", "status", "reasons", "original_value", "source",
    "received_at", "settled_at", "submission_id",
)  # fmt: skip
# What a spreadsheet would take for a formula. A device may send any text as its value.
FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def add_to(commands: Any) -> None:
    """Add it to the command line."""
    command = commands.add_parser("export", help="a meter's readings as CSV, and their sealed evidence")
    command.add_argument("--meter", required=True, metavar="ID", help="the meter, for example WTR-0001")
    command.add_argument("--from", dest="start", metavar="TIME", help="taken at this time or later, RFC 3339")
    command.add_argument("--to", dest="end", metavar="TIME", help="taken before this time, RFC 3339")
    command.add_argument("--out", type=Path, metavar="FILE", help="where to write; the standard output where absent")
    command.add_argument("--evidence", type=Path, metavar="DIR", help="write the records of accepted values there")
    command.add_argument("--as", dest="role", default="operator", choices=("customer", "operator"))
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write every submission of the time, the oldest first, whatever became of it. Nothing is written half."""
    start, end = (_time(one) for one in (arguments.start, arguments.end))
    session = submit.log_in(endpoints.read(), arguments.role)
    meter = session.call("GET", f"/meters/{quote(arguments.meter, safe='')}")
    found = list(readings_of(session, meter["meter_id"], start, end))[::-1]
    text = as_csv(found, meter["unit"])
    records = evidence_of(session, found) if arguments.evidence else {}
    if arguments.evidence:
        arguments.evidence.mkdir(parents=True, exist_ok=True)
        for submission_id, record in records.items():
            path = arguments.evidence / f"{quote(submission_id, safe='')}.json"
            path.write_text(json.dumps(record, sort_keys=True, ensure_ascii=False, indent=1), encoding="utf-8")
    if arguments.out:
        arguments.out.write_text(text, encoding="utf-8", newline="")
        sealed = f", {len(records)} with evidence in {arguments.evidence}" if arguments.evidence else ""
        print(f"{len(found)} readings of {meter['meter_id']} in {arguments.out}{sealed}")
    else:
        sys.stdout.write(text)
    return 0


def readings_of(session: api.Session, meter_id: str, start: str | None, end: str | None) -> Iterator[dict[str, Any]]:
    """A meter's submissions with start <= taken_at < end, the newest first, page after page."""
    query = {"limit": "100"}
    while True:
        page = session.call("GET", f"/meters/{quote(meter_id, safe='')}/readings?{urlencode(query)}")
        for one in page["items"]:
            if start and one["taken_at"] < start:
                return
            if not end or one["taken_at"] < end:
                yield one
        if "next" not in page:
            return
        query["next"] = page["next"]


def as_csv(found: list[dict[str, Any]], unit: str) -> str:
    """The table, RFC 4180. Reasons are separated by blanks; `original_value` is what was sent before a change."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for one in found:
        known = one | {"unit": unit, "reasons": " ".join(one["reasons"])}
        rows.writerow([_cell(known[name]) for name in COLUMNS])
    return text.getvalue()


def evidence_of(session: api.Session, found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The record of each submission that has one, checked. Raises BrokenEvidence where one does not hold."""
    records = {}
    for one in found:
        submission_id = one["submission_id"]
        try:
            record = session.call("GET", f"/readings/{quote(submission_id, safe='')}/evidence")
        except api.Refused as refused:
            if refused.status != 404:
                raise
            continue  # A value that never counted has none.
        try:
            evidence.verify(record)
        except evidence.BrokenEvidence as error:
            raise evidence.BrokenEvidence(f"{submission_id}: {error}") from None
        records[submission_id] = record
    return records


def _cell(value: str | None) -> str:
    text = value or ""
    return f"'{text}" if text.startswith(FORMULAS) else text


def _time(text: str | None) -> str | None:
    try:
        return normal_time(text) if text else None
    except ValueError:
        raise ValueError(f"{text}: a time is RFC 3339 with a zone, such as 2026-11-21T08:00:00Z") from None
