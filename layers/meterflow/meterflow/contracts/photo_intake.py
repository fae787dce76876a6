"""What StartValidation reads: S3's event as EventBridge puts it into the queue, one a message."""

from pydantic import Field

from meterflow.contracts import Contract
from meterflow.contracts.update_pipeline import BatchResult, QueueBatch, QueueRecord

__all__ = ["BatchResult", "ObjectCreated", "QueueBatch", "QueueRecord", "Uploaded", "UploadedObject"]


class UploadedObject(Contract):
    """The object of the event. `version` is S3's; without versions the sequencer tells two uploads apart."""

    key: str = Field(min_length=1, max_length=1024)
    version: str | None = Field(default=None, alias="version-id")
    sequencer: str | None = None


class Uploaded(Contract):
    """The event's detail."""

    object: UploadedObject


class ObjectCreated(Contract):
    """An `Object Created` event. The machine takes it as it came; this model says whether it is one."""

    source: str = Field(pattern=r"^aws\.s3$")
    detail_type: str = Field(alias="detail-type", pattern=r"^Object Created$")
    detail: Uploaded

    @property
    def business_key(self) -> str:
        """The upload: its key and version. A second delivery has the same, and finds the first's execution."""
        created = self.detail.object
        return f"upload#{created.key}@{created.version or created.sequencer or ''}"
