"""The event bus: how one workflow tells the others."""

import json
from typing import Any

from meterflow import settings
from meterflow.adapters.aws import aws_calls, client
from meterflow.errors import TransientError

SOURCE = "meterflow"


def publish(detail_type: str, detail: dict[str, Any]) -> None:
    """Put one event on the bus. Raises TransientError where the bus did not take it.

    At least once: a retried step publishes again, so `detail` carries an `event_id` (or another business key) by
    which the listeners find the first.
    """
    with aws_calls():
        answer = client("events").put_events(
            Entries=[
                {
                    "EventBusName": settings.setting("EVENT_BUS"),
                    "Source": SOURCE,
                    "DetailType": detail_type,
                    "Detail": json.dumps(detail),
                }
            ]
        )
    if answer.get("FailedEntryCount"):
        raise TransientError(f"the bus refused {detail_type}: {answer['Entries'][0].get('ErrorCode', 'unknown')}")
