"""The registry of models and their files in the lake bucket.

    models/<kind>/registry.json                 the registry; every write names the version that it replaces
    models/<kind>/<version>/<name>.json         a model, written once
    models/<kind>/<version>/{scores,reference}.json, card.md

What two writers do at once to a registry is kept by both: who finds another's write in between reads and changes again.
"""

import random
import time
from collections.abc import Callable

from botocore.exceptions import ClientError

from meterflow import settings
from meterflow.adapters.aws import aws_calls, client, error_code
from meterflow.errors import BrokenInvariant, TransientError
from meterflow.model_registry import Registry

PREFIX = "models/"
LOST_RACES = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})
_GONE = frozenset({"NoSuchKey", "404", "NotFound"})
ATTEMPTS = 8
LONGEST_PAUSE_SECONDS = 0.4


def registry_key(kind: str) -> str:
    """Where a kind's registry lies."""
    return f"{PREFIX}{kind}/registry.json"


def file_key(kind: str, version: str, name: str) -> str:
    """Where a file of a version lies; `name` has its ending."""
    return f"{PREFIX}{kind}/{version}/{name}"


def load(kind: str) -> Registry:
    """The kind's registry, empty before its first version."""
    return _read(kind)[0]


def change(kind: str, wanted: Callable[[Registry], Registry]) -> Registry:
    """Apply `wanted` to the registry and return it as it stands. Nothing is written where it changes nothing.

    What `wanted` raises is raised. Raises TransientError on an outage or where other writers won every attempt.
    """
    for attempt in range(ATTEMPTS):
        current, tag = _read(kind)
        changed = wanted(current)
        if changed == current or _write(changed, tag):
            return changed
        time.sleep(random.uniform(0, min(LONGEST_PAUSE_SECONDS, 0.02 * 2**attempt)))
    raise TransientError(f"other writers of the {kind} registry won {ATTEMPTS} times")


def get(key: str) -> bytes | None:
    """An object of the lake, or None where there is none."""
    with aws_calls():
        try:
            answer = client("s3").get_object(Bucket=settings.setting("LAKE_BUCKET"), Key=key)
        except ClientError as error:
            if error_code(error) not in _GONE:
                raise
            return None
        with answer["Body"] as body:
            content: bytes = body.read()
    return content


def put_new(key: str, content: bytes, content_type: str = "application/json") -> bool:
    """Write an object where there is none. False where there is one, whatever it says."""
    with aws_calls():
        try:
            client("s3").put_object(
                Bucket=settings.setting("LAKE_BUCKET"),
                Key=key,
                Body=content,
                ContentType=content_type,
                IfNoneMatch="*",
            )
        except ClientError as error:
            if error_code(error) == "ConditionalRequestConflict":
                raise TransientError(f"another write of {key} is under way") from error
            if error_code(error) != "PreconditionFailed":
                raise
            return False
    return True


def put_once(key: str, content: bytes) -> None:
    """Write an object that never changes. The same content again is fine; raises BrokenInvariant for another."""
    if not put_new(key, content) and get(key) != content:
        raise BrokenInvariant(f"{key} is there with another content")


def _read(kind: str) -> tuple[Registry, str | None]:
    with aws_calls():
        try:
            answer = client("s3").get_object(Bucket=settings.setting("LAKE_BUCKET"), Key=registry_key(kind))
        except ClientError as error:
            if error_code(error) not in _GONE:
                raise
            return Registry(kind=kind), None
        with answer["Body"] as body:
            return Registry.model_validate_json(body.read()), str(answer["ETag"])


def _write(registry: Registry, tag: str | None) -> bool:
    """Write over what has `tag` (None: over nothing). False where that is no longer so."""
    condition = {"IfMatch": tag} if tag else {"IfNoneMatch": "*"}
    with aws_calls():
        try:
            client("s3").put_object(
                Bucket=settings.setting("LAKE_BUCKET"),
                Key=registry_key(registry.kind),
                Body=registry.model_dump_json(indent=1).encode(),
                ContentType="application/json",
                **condition,
            )
        except ClientError as error:
            if error_code(error) not in LOST_RACES:
                raise
            return False
    return True
