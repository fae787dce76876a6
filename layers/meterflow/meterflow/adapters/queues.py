"""Sending to SQS queues."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from meterflow.adapters.aws import aws_calls, client

# What SendMessageBatch takes at once.
BATCH = 10


@dataclass(frozen=True)
class FifoMessage:
    """A message of a FIFO queue: messages of one `group` keep their order, and a `deduplication_id` that was taken in
    the last five minutes is taken again without effect."""

    body: str
    group: str
    deduplication_id: str


def send(queue_url: str, body: str) -> None:
    """Send one message to a standard queue. Raises TransientError on an outage."""
    with aws_calls():
        client("sqs").send_message(QueueUrl=queue_url, MessageBody=body)


def send_in_order(queue_url: str, messages: Sequence[FifoMessage]) -> int:
    """Send `messages` in order and return how many of them, counted from the first, the queue has taken.

    A refused message ends the sending; some after it may have been taken all the same. Send it and all after it again
    under the same deduplication ids. Raises TransientError on an outage.
    """
    taken = 0
    for batch in _batches(messages):
        with aws_calls():
            answer = client("sqs").send_message_batch(
                QueueUrl=queue_url,
                Entries=[
                    {
                        "Id": str(index),
                        "MessageBody": message.body,
                        "MessageGroupId": message.group,
                        "MessageDeduplicationId": message.deduplication_id,
                    }
                    for index, message in enumerate(batch)
                ],
            )
        refused = [int(entry["Id"]) for entry in answer.get("Failed", [])]
        if refused:
            return taken + min(refused)
        taken += len(batch)
    return taken


def _batches(messages: Sequence[FifoMessage]) -> Iterator[list[FifoMessage]]:
    rest = iter(messages)
    while batch := list(islice(rest, BATCH)):
        yield batch
