"""The source-of-truth JSON in the lake bucket: `meters/manifest.json` and `meters/shards/<geohash>.json`.

Two updaters at once keep both their changes: a document is written only where it is still what was read (If-Match, or
If-None-Match for a new one), else it is read and changed again.
"""

import random
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import TypeVar

from botocore.exceptions import ClientError
from pydantic import BaseModel

from meterflow import fleet, manifest, settings
from meterflow.adapters.aws import aws_calls, client, error_code
from meterflow.clock import to_text
from meterflow.errors import TransientError
from meterflow.fleet import Change, MeterState, Shard, Status
from meterflow.manifest import Entry, Manifest

MANIFEST_KEY = "meters/manifest.json"
# Somebody else wrote in between: S3 says 412, or 409 while the other write is still going on, or 404 where it deleted.
LOST_RACES = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})
ATTEMPTS = 12
LONGEST_PAUSE_SECONDS = 0.4

Document = TypeVar("Document", bound=BaseModel)


def shard_key(name: str) -> str:
    """The key of the shard `name`."""
    return f"meters/shards/{name}.json"


def load_manifest() -> Manifest:
    """The manifest, empty before the first change."""
    return _read(MANIFEST_KEY, Manifest())[0]


def load_shard(name: str) -> Shard:
    """The shard `name`, empty where it does not exist."""
    return _read(shard_key(name), Shard(shard=name))[0]


def load_needing_attention(current: Manifest, today: date, limit: int) -> list[tuple[Status, MeterState]]:
    """Up to `limit` meters that need somebody on the day `today`, the most urgent first.

    Opens shards in the order of urgency, and no more once the list is full of meters at least as urgent as what the
    next shard has. So a large fleet costs what its troubles cost, not what its size does.
    """
    found: list[tuple[Status, MeterState]] = []
    for most_urgent, name in manifest.shards_by_urgency(current, today):
        if len(found) == limit and manifest.URGENCY[found[-1][0]] <= manifest.URGENCY[most_urgent]:
            break
        candidates = [state for _, state in found] + load_shard(name).states()
        found = manifest.needing_attention(candidates, today)[:limit]
    return found


def update_shard(name: str, changes: Iterable[Change], now: datetime) -> Shard:
    """Apply `changes` to the shard `name` and return it as it stands; nothing is written where it knows them all.

    Raises TransientError on an outage or where other writers won every attempt.
    """
    wanted = tuple(changes)

    def change(shard: Shard) -> Shard:
        changed = shard
        for one in wanted:
            changed = fleet.apply_update(changed, one)
        if changed is shard:
            return shard
        return changed.model_copy(
            update={"version": fleet.next_version(shard.version, now), "updated_at": to_text(now)}
        )

    return _read_modify_write(shard_key(name), Shard(shard=name), change)


def update_manifest(entries: Mapping[str, Entry], now: datetime) -> Manifest:
    """Enter `entries` into the manifest and return it; nothing is written where it has them or newer ones.

    Raises TransientError like update_shard.
    """

    def change(current: Manifest) -> Manifest:
        changed = manifest.enter(current, entries)
        if changed is current:
            return current
        return changed.model_copy(
            update={"version": fleet.next_version(current.version, now), "updated_at": to_text(now)}
        )

    return _read_modify_write(MANIFEST_KEY, Manifest(), change)


def _read_modify_write(key: str, empty: Document, change: Callable[[Document], Document]) -> Document:
    for attempt in range(ATTEMPTS):
        current, etag = _read(key, empty)
        wanted = change(current)
        if wanted is current or _write(key, wanted, etag):
            return wanted
        time.sleep(random.uniform(0, min(LONGEST_PAUSE_SECONDS, 0.02 * 2**attempt)))
    raise TransientError(f"other writers of {key} won {ATTEMPTS} times")


def _read(key: str, empty: Document) -> tuple[Document, str | None]:
    """The document and its ETag, or `empty` and None."""
    with aws_calls():
        try:
            answer = client("s3").get_object(Bucket=settings.setting("LAKE_BUCKET"), Key=key)
        except ClientError as error:
            if error_code(error) != "NoSuchKey":
                raise
            return empty, None
        return type(empty).model_validate_json(answer["Body"].read()), str(answer["ETag"])


def _write(key: str, document: BaseModel, etag: str | None) -> bool:
    """Write `document` over what has `etag` (None: over nothing). False where that is no longer so."""
    condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
    with aws_calls():
        try:
            client("s3").put_object(
                Bucket=settings.setting("LAKE_BUCKET"),
                Key=key,
                Body=document.model_dump_json(exclude_none=True).encode(),
                ContentType="application/json",
                **condition,
            )
        except ClientError as error:
            if error_code(error) not in LOST_RACES:
                raise
            return False
    return True
