"""The demonstration of `make run`: Ana photographs her water meter and hears what became of it."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from cli import submit
from local import inbox
from local.city import photo
from meterflow.clock import from_text, now, to_text

METER = "WTR-0001"
# The least that a reading goes up: a day's use, so that it is plausible however often the demonstration runs.
LEAST_STEP = Decimal("0.350")
MESSAGE_SECONDS = 30


def run(where: dict[str, Any], say: Callable[[str], None]) -> None:
    """Submit the next plausible reading of Ana's meter with a photo that shows it, follow it, print her message.

    Raises RuntimeError where the reading is not accepted or no message comes: then something is broken.
    """
    session = submit.log_in(where, "customer")
    meter = session.call("GET", f"/meters/{METER}")
    history = session.call("GET", f"/meters/{METER}/readings")["items"]
    reached = Decimal(meter["latest"]["value"]) + ordinary_use(history, now())
    value = f"{reached:0{meter['digits'] + 1 + meter['decimals']}.{meter['decimals']}f}"
    picture = photo.render(value, meter["serial_number"])
    token = f"demonstration-{value}"
    taken_at = to_text(now() - timedelta(minutes=1))
    result = submit.submit(session, where, METER, value, (picture, "image/png"), token, taken_at, say)
    submit.say_result(result, say)
    if result["status"] != "ACCEPTED":
        raise RuntimeError(f"the demonstration reading was not accepted: {result}")
    say("the message that Ana got")
    say_message(where, result["submission_id"], say)


def ordinary_use(history: list[dict[str, Any]], at: datetime) -> Decimal:
    """What the meter counts from its newest accepted reading until `at`, by the mean rate; at least LEAST_STEP."""
    accepted = sorted(
        (from_text(one["taken_at"]), Decimal(one["value"])) for one in history if one["status"] == "ACCEPTED"
    )
    if len(accepted) < 2 or accepted[0][0] == accepted[-1][0]:
        return LEAST_STEP
    (first, lowest), (last, highest) = accepted[0], accepted[-1]
    used = (highest - lowest) * Decimal((at - last).total_seconds()) / Decimal((last - first).total_seconds())
    return max(LEAST_STEP, used)


def say_message(where: dict[str, Any], submission_id: str, say: Callable[[str], None]) -> None:
    """Wait for the message about `submission_id` and print it. Raises RuntimeError where none comes."""
    deadline = time.monotonic() + MESSAGE_SECONDS
    while time.monotonic() < deadline:
        for message in inbox.read(where["aws_endpoint_url"]):
            if message.ref == submission_id[:8]:
                say(f"  to {message.to}: {message.subject}")
                for line in message.text.strip().splitlines():
                    say(f"  | {line}")
                return
        time.sleep(0.2)
    raise RuntimeError(f"no message about {submission_id} came within {MESSAGE_SECONDS} s")
