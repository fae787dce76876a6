"""HandleStream (the water document's stream-handler): cleans each change of a meter and queues it for its shards."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import fleet, settings
from meterflow.adapters import queues
from meterflow.adapters.items import from_image
from meterflow.adapters.queues import FifoMessage
from meterflow.contracts.update_pipeline import BatchResult, StreamBatch, StreamChange, StreamRecord
from meterflow.observability import logger, step


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Queue the batch's changes in order; answer with the first record that could not be, for it and all after it.

    The mapping then bisects, so a poisoned record ends alone in the failure queue and the shard goes on.
    """
    messages: list[tuple[str, FifoMessage]] = []
    failed: list[str] = []
    for record in StreamBatch.model_validate(event).records:
        sequence = str(record.change["SequenceNumber"])
        try:
            messages += [(sequence, message) for message in _messages(record)]
        except (KeyError, TypeError, ValueError) as error:
            logger.error("stream record refused", extra={"sequence": sequence, "error": type(error).__name__})
            failed = [sequence]
            break
    taken = queues.send_in_order(settings.setting("UPDATE_QUEUE_URL"), [message for _, message in messages])
    if taken < len(messages):
        failed = [messages[taken][0]]
    return BatchResult.failed(failed).payload()


def _messages(record: StreamRecord) -> list[FifoMessage]:
    change = StreamChange.model_validate(record.change)
    new = fleet.state_of(from_image(change.new_image))
    created_at = datetime.fromtimestamp(change.created_at, UTC)
    changes = fleet.changes_between(_published(change.old_image), new, change.sequence, created_at)
    return [
        # A meter that moved makes two messages of one stream event.
        FifoMessage(one.model_dump_json(), one.shard, f"{record.event_id}.{'left' if one.removed else 'is'}")
        for one in changes
    ]


def _published(image: dict[str, Any] | None) -> fleet.MeterState | None:
    """The state before; None also where that row was no meter, because then it never reached a shard."""
    try:
        return fleet.state_of(from_image(image))
    except (KeyError, TypeError, ValueError):
        return None
