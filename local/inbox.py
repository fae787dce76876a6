"""What people would have received: the e-mails and text messages that the emulator was handed.

The command `meterflow inbox` and the tests call `read`. `python -m local.inbox --port N --endpoint URL` serves the
same as pages on this machine.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import sys
import threading
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

_REFERENCE = re.compile(r"Ref (\S{1,8})\s*$")
_PATIENCE = 10.0


class InboxUnavailable(Exception):
    """The emulator did not answer, or with something that is not its read-out."""


@dataclass(frozen=True)
class InboxMessage:
    """One message as it was handed over.

    `ref` is the reference that the message ends with, empty where it has none. `sent_at` is RFC 3339 UTC; the
    emulator notes no time for text messages, so theirs is None and their order is that of arrival.
    """

    message_id: str
    channel: Literal["email", "sms"]
    to: str
    subject: str
    text: str
    html: str
    ref: str
    sent_at: str | None


def read(endpoint: str) -> list[InboxMessage]:
    """Every message that the emulator at `endpoint` holds: e-mails from old to new, then texts in order of arrival.

    Raises InboxUnavailable where the emulator cannot be read.
    """
    emails = _fetch(endpoint, "/_ministack/ses/messages", "messages")
    texts = _fetch(endpoint, "/_ministack/sns/sms-messages", "sms_messages")
    try:
        mail = [_email(record, to) for sent in emails.values() for record in sent for to in record["To"]]
        sms = [_sms(record) for sent in texts.values() for record in sent]
    except (KeyError, TypeError, AttributeError) as error:
        raise InboxUnavailable(f"the emulator's read-out has changed: {error!r}") from error
    return sorted(mail, key=lambda message: message.sent_at or "") + sms


def _email(record: dict[str, Any], to: str) -> InboxMessage:
    text = str(record["BodyText"] or "")
    return InboxMessage(
        message_id=str(record["MessageId"]),
        channel="email",
        to=to,
        subject=str(record["Subject"] or ""),
        text=text,
        html=str(record["BodyHtml"] or ""),
        ref=_reference(text),
        sent_at=_time(float(record["Timestamp"])),
    )


def _sms(record: dict[str, Any]) -> InboxMessage:
    text = str(record["Message"])
    return InboxMessage(
        message_id=str(record["MessageId"]),
        channel="sms",
        to=str(record["PhoneNumber"]),
        subject="",
        text=text,
        html="",
        ref=_reference(text),
        sent_at=None,
    )


def _reference(text: str) -> str:
    found = _REFERENCE.search(text)
    return found[1] if found else ""


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _fetch(endpoint: str, path: str, name: str) -> dict[str, Any]:
    address = endpoint.rstrip("/") + path
    if not address.startswith(("http://", "https://")):
        raise InboxUnavailable("the endpoint is not an http address")
    try:
        with urllib.request.urlopen(address, timeout=_PATIENCE) as answer:
            found = json.load(answer)[name]
    except (urllib.error.URLError, OSError, ValueError, KeyError, TypeError) as error:
        raise InboxUnavailable(f"no read-out at {address}: {error}") from error
    if not isinstance(found, dict):
        raise InboxUnavailable(f"the read-out at {address} has changed")
    return found


def as_json(messages: list[InboxMessage]) -> str:
    """`messages` as the page's `/messages.json` and the command's `--json` show them."""
    return json.dumps({"items": [asdict(message) for message in messages]}, ensure_ascii=False)


def main(arguments: list[str] | None = None) -> int:
    """Serve the pages until SIGTERM or SIGINT."""
    from local.inbox_page import InboxServer

    parser = argparse.ArgumentParser(prog="python -m local.inbox", description="Shows what people would have received.")
    parser.add_argument("--port", type=int, required=True, help="a port of 127.0.0.1; 0 takes a free one")
    parser.add_argument("--endpoint", required=True, help="the emulator's address")
    options = parser.parse_args(arguments)
    try:
        server = InboxServer(options.port, lambda: read(options.endpoint))
    except OSError as error:
        print(f"local.inbox: cannot listen on 127.0.0.1:{options.port}: {error}", file=sys.stderr)
        return 1
    # shutdown() waits for the loop to end, so it must not run in the thread that runs the loop.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    with server:
        print(f"inbox at {server.url}", flush=True)
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
