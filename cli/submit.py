"""`meterflow submit`: send one reading as the demonstration's customer and follow it, a line per step."""

import argparse
import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cli import api, follow
from local import endpoints
from meterflow import photo
from meterflow.clock import now, to_text

SETTLE_SECONDS = 120

Say = Callable[[str], None]


def add_to(commands: Any) -> None:
    """Add it to the command line."""
    command = commands.add_parser("submit", help="send a reading and follow it")
    command.add_argument("--meter", required=True, metavar="ID", help="the meter, for example WTR-0001")
    command.add_argument("--value", required=True, metavar="V", help="the reading as it stands, for example 00412.850")
    command.add_argument("--photo", type=Path, metavar="FILE", help="a photo of the register, JPEG or PNG")
    command.add_argument("--as", dest="role", default="customer", choices=("customer", "technician", "operator"))
    command.add_argument("--taken-at", metavar="TIME", help="when it was read, RFC 3339; now where absent")
    command.add_argument("--token", metavar="TEXT", help="client token: the same one is the same submission")
    command.add_argument("--json", action="store_true", help="print the final answer as JSON and nothing else")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Submit, follow, print the end. A rejected reading is an answer, not a failure."""
    say: Say = (lambda _line: None) if arguments.json else print
    picture = read_photo(arguments.photo) if arguments.photo else None
    where = endpoints.read()
    session = log_in(where, arguments.role)
    taken_at = arguments.taken_at or to_text(now())
    token = arguments.token or str(uuid.uuid4())
    result = submit(session, where, arguments.meter, arguments.value, picture, token, taken_at, say)
    if arguments.json:
        print(json.dumps(result))
    else:
        say_result(result, say)
    return 0


def read_photo(path: Path) -> tuple[bytes, str]:
    """The photo and its media type, by its content: that is what the uploads bucket takes.

    Raises OSError where it cannot be read, ValueError where it is neither JPEG nor PNG.
    """
    content = path.read_bytes()
    kind = photo.content_type_of(content)
    if kind is None:
        raise ValueError(f"{path}: a photo is a JPEG or PNG file")
    return content, kind


def log_in(where: dict[str, Any], role: str) -> api.Session:
    """Log in as one of the demonstration's people."""
    user = where["users"][role]
    return api.Session(where["api_url"], where["outputs"]["UserPoolClientId"], user["username"], user["password"])


def submit(
    session: api.Session,
    where: dict[str, Any],
    meter_id: str,
    value: str,
    picture: tuple[bytes, str] | None,
    token: str,
    taken_at: str,
    say: Say,
) -> dict[str, Any]:
    """Upload the photo where there is one, submit the reading, follow its execution, return the settled submission."""
    body = {"meter_id": meter_id, "value": value, "taken_at": taken_at, "client_token": token}
    if picture:
        content, content_type = picture
        form = session.call("POST", "/uploads", {"meter_id": meter_id, "content_type": content_type})
        api.upload(form, content)
        say(f"  photo uploaded       {len(content) / 1000:.0f} kB")
        body["photo_key"] = form["photo_key"]
    accepted = session.call("POST", "/readings", body)
    say(f"  submitted            {meter_id} {value}, submission {accepted['submission_id'][:8]}")
    machine = where["outputs"]["MeterSubmissionStateMachineArn"]
    status = follow.follow(follow.execution_arn(machine, accepted["submission_id"]), say)
    if status != "SUCCEEDED":
        raise RuntimeError(f"the execution of submission {accepted['submission_id']} ended {status}")
    return settled(session, accepted["submission_id"])


def settled(session: api.Session, submission_id: str) -> dict[str, Any]:
    """Ask until the submission has a final status. Raises TimeoutError where it stays PROCESSING."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline:
        result: dict[str, Any] = session.call("GET", f"/readings/{submission_id}")
        if result["status"] != "PROCESSING":
            return result
        time.sleep(0.3)
    raise TimeoutError(f"submission {submission_id} is still being processed after {SETTLE_SECONDS} s")


def say_result(result: dict[str, Any], say: Say) -> None:
    """The end of the story in two lines."""
    reasons = f" because of {', '.join(result['reasons'])}" if result.get("reasons") else ""
    seen = result.get("photo") or {}
    read = f"; the photo says {seen.get('reading') or 'nothing readable'} ({seen.get('verdict')})" if seen else ""
    quality = f", quality {result['quality']}" if result.get("quality") else ""
    say(f"  {result['status']}{quality}{reasons}{read}")
