"""What the update pipeline's functions take and give: batches of a stream or a queue, and what failed in them."""

from typing import Any

from pydantic import Field

from meterflow.contracts import Contract


class StreamChange(Contract):
    """The part of a DynamoDB stream record that names one change. Images are in DynamoDB's typed form."""

    sequence: str = Field(alias="SequenceNumber")
    created_at: float = Field(alias="ApproximateCreationDateTime")
    old_image: dict[str, Any] | None = Field(default=None, alias="OldImage")
    new_image: dict[str, Any] | None = Field(default=None, alias="NewImage")


class StreamRecord(Contract):
    """One record of a DynamoDB stream. `change` stays raw here, so that one broken record does not break its batch."""

    event_id: str = Field(alias="eventID")
    change: dict[str, Any] = Field(alias="dynamodb")


class StreamBatch(Contract):
    """What Lambda passes from a DynamoDB stream, in order."""

    records: tuple[StreamRecord, ...] = Field(alias="Records")


class QueueRecord(Contract):
    """One message of a queue. `attributes` carries `MessageGroupId` for a FIFO queue."""

    message_id: str = Field(alias="messageId")
    body: str
    attributes: dict[str, str] = Field(default_factory=dict)


class QueueBatch(Contract):
    """What Lambda passes from a queue."""

    records: tuple[QueueRecord, ...] = Field(alias="Records")


class PagesDue(Contract):
    """The message to the generators: the manifest has reached this version. `rebuild` asks for the page regardless."""

    manifest_version: int = 0
    rebuild: bool = False


class BatchItemFailure(Contract):
    """One item to deliver again: a sequence number of the stream, or a message id."""

    itemIdentifier: str  # noqa: N815 (Lambda's own spelling)


class BatchResult(Contract):
    """What an event source mapping with ReportBatchItemFailures expects; an empty list is full success."""

    batchItemFailures: tuple[BatchItemFailure, ...] = ()  # noqa: N815

    @classmethod
    def failed(cls, identifiers: list[str]) -> "BatchResult":
        """The answer that has `identifiers` delivered again."""
        return cls(batchItemFailures=tuple(BatchItemFailure(itemIdentifier=one) for one in identifiers))


class PageResult(Contract):
    """What a generator did: `PUBLISHED`, or `CURRENT` where the published page is already from this manifest."""

    outcome: str
    version: int
    shards_written: int = 0
