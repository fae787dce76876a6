"""`meterflow inbox`: what people would have received."""

import argparse
import json
import time
from dataclasses import asdict
from typing import Any

from local import endpoints, inbox


def add_to(commands: Any) -> None:
    """Add it to the command line."""
    command = commands.add_parser("inbox", help="the messages that people got")
    command.add_argument("--follow", action="store_true", help="wait for more, until Ctrl-C")
    command.add_argument("--json", action="store_true", help="one JSON object per message and nothing else")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print every message, oldest first; with --follow go on."""
    url = endpoints.read()["aws_endpoint_url"]
    printed = 0
    while True:
        found = inbox.read(url)
        for message in found[printed:]:
            if arguments.json:
                print(json.dumps(asdict(message)), flush=True)
            else:
                print(
                    f"{message.sent_at}  {message.channel}  {message.to}  {message.subject}\n{message.text}\n",
                    flush=True,
                )
        if not printed and not found and not arguments.json and not arguments.follow:
            print("no messages yet")
        printed = len(found)
        if not arguments.follow:
            return 0
        time.sleep(1)
