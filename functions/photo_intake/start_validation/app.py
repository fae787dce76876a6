"""StartValidation: one execution of image_validation for each upload in the queue, whatever its number of deliveries.

The way for volume (the image document's option 3): a morning of uploads waits in the queue instead of starting all
machines at once, and what cannot be started is delivered again and ends in a dead-letter queue.
"""

import json
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import photo, settings
from meterflow.adapters import executions
from meterflow.contracts.photo_intake import BatchResult, ObjectCreated, QueueBatch, QueueRecord
from meterflow.errors import TransientError
from meterflow.observability import logger, step


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """A message that fails is delivered again by itself; the others of its batch are done."""
    machine = settings.setting("IMAGE_VALIDATION_STATE_MACHINE_ARN")
    failed = []
    for record in QueueBatch.model_validate(event).records:
        try:
            start(machine, record)
        except (TransientError, ValueError) as error:
            logger.warning("upload not started", extra={"message_id": record.message_id, "error": type(error).__name__})
            failed.append(record.message_id)
    return BatchResult.failed(failed).payload()


def start(machine: str, record: QueueRecord) -> None:
    """Start the upload's execution by its key and version. Raises ValueError where the message is no upload event."""
    body = json.loads(record.body)
    created = ObjectCreated.model_validate(body)
    if not photo.is_upload_key(created.detail.object.key):
        # Somebody put a file beside the uploads: nothing to validate, and no reason to try again.
        logger.info("no upload", extra={"message_id": record.message_id})
        return
    executions.start(machine, created.business_key, body)
