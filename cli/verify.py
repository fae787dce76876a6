"""`meterflow verify`: check evidence records, as a third party would. Needs no cloud and no key."""

import argparse
import json
from pathlib import Path
from typing import Any

from meterflow import evidence


def add_to(commands: Any) -> None:
    """Add it to the command line."""
    command = commands.add_parser("verify", help="check evidence records of readings; needs no cloud")
    command.add_argument("records", nargs="+", metavar="FILE", help="a record; several are a chain, the oldest first")
    command.add_argument("--photo", metavar="FILE", help="the photo that the last record names")
    command.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Check every record and, of several, that each follows the one before. Exit 1 where anything does not fit."""
    before: Any = None
    photo = Path(arguments.photo).read_bytes() if arguments.photo else None
    for number, name in enumerate(arguments.records, start=1):
        try:
            document = json.loads(Path(name).read_text(encoding="utf-8"))
        except ValueError:
            raise evidence.BrokenEvidence(f"{name}: this is no JSON") from None
        last = number == len(arguments.records)
        try:
            seal = evidence.verify(document, photo if last else None, before)
        except evidence.BrokenEvidence as error:
            raise evidence.BrokenEvidence(f"{name}: {error}") from None
        before = document
    if arguments.json:
        said = {"verified": True, "records": len(arguments.records), "sha256": seal, "value": before["value"]}
        print(json.dumps(said | {"quality": before["quality"], "photo": photo is not None}))
    else:
        print(f"{before['submission_id']}: {before['value']}, {before['quality']}, whole; sha256 {seal}")
    return 0
