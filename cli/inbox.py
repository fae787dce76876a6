"""`meterflow inbox`: what people would have received."""

import argparse
import json
import time
from dataclasses import asdict
from typing import Any

from local import endpoints, inbox

POLL_SECONDS = 1


def add_to(commands: Any) -> None:
    """Add it to the command line."""
    command = commands.add_parser("inbox", help="the messages that people got")
    command.add_argument("--follow", action="store_true", help="wait for more, until Ctrl-C")
    command.add_argument("--json", action="store_true", help="one JSON object per message and nothing else")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print every message, oldest first; with --follow go on until Ctrl-C, which is how that ends well."""
    url = endpoints.read()["aws_endpoint_url"]
    printed = print_new(url, set(), arguments.json)
    if not printed and not arguments.json:
        print("no messages yet", flush=True)
    try:
        while arguments.follow:
            time.sleep(POLL_SECONDS)
            printed |= print_new(url, printed, arguments.json)
    except KeyboardInterrupt:
        return 0
    return 0


def print_new(url: str, printed: set[tuple[str, str]], as_json: bool) -> set[tuple[str, str]]:
    """Print what is not among `printed`, and return all that there is: one message to two people is two.

    What is new need not be last: texts have no time, so they stand behind every e-mail.
    """
    found = {(message.message_id, message.to): message for message in inbox.read(url)}
    for key, message in found.items():
        if key not in printed:
            print(json.dumps(asdict(message)) if as_json else describe(message), flush=True)
    return set(found)


def describe(message: inbox.InboxMessage) -> str:
    """A message for a person."""
    head = [message.sent_at or "", message.channel, message.to, message.subject]
    return f"{'  '.join(part for part in head if part)}\n{message.text}\n"
