"""UpdateSource (the water document's df-updater): writes queued changes into their shards and the manifest."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock, manifest, settings
from meterflow.adapters import queues, source_of_truth
from meterflow.contracts.update_pipeline import BatchResult, PagesDue, QueueBatch, QueueRecord
from meterflow.errors import TransientError
from meterflow.fleet import Change
from meterflow.observability import logger, step


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Apply each shard's changes in order, enter the shards into the manifest, and tell the generators.

    A message that fails goes back together with all later ones of its shard; other shards go on. Every part may be
    done again: shards know their changes, the manifest its entries, and a page its manifest.
    """
    groups: dict[str, list[QueueRecord]] = {}
    for record in QueueBatch.model_validate(event).records:
        groups.setdefault(record.attributes["MessageGroupId"], []).append(record)
    now = clock.now()
    entries: dict[str, manifest.Entry] = {}
    failed: list[str] = []
    for shard_name, records in groups.items():
        changes = _leading_changes(records)
        if changes:
            try:
                shard = source_of_truth.update_shard(shard_name, changes, now)
            except TransientError as error:
                logger.warning("shard not written", extra={"shard": shard_name, "error": str(error)})
                changes = []
            else:
                entries[shard_name] = manifest.entry_of(shard)
        failed += [record.message_id for record in records[len(changes) :]]
    if entries:
        current = source_of_truth.update_manifest(entries, now)
        due = PagesDue(manifest_version=current.version).model_dump_json()
        for queue in ("MAP_QUEUE_URL", "DASHBOARD_QUEUE_URL"):
            queues.send(settings.setting(queue), due)
    return BatchResult.failed(failed).payload()


def _leading_changes(records: list[QueueRecord]) -> list[Change]:
    """The changes of `records` up to the first that is none."""
    changes: list[Change] = []
    for record in records:
        try:
            change = Change.model_validate_json(record.body)
            if change.shard != record.attributes["MessageGroupId"]:
                raise ValueError("the message is in another shard's group")
        except ValueError as error:
            logger.error("message refused", extra={"message_id": record.message_id, "error": type(error).__name__})
            break
        changes.append(change)
    return changes
