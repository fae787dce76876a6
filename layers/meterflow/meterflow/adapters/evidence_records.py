"""Evidence in the lake bucket: `evidence/<submission_id>.json` holds the newest record, older versions its past.

The bucket is versioned, and each write names the version that it replaces, so two writers never lose a record.
"""

import hashlib
import json
from typing import Any

from botocore.exceptions import ClientError

from meterflow import settings
from meterflow.adapters.aws import aws_calls, client, error_code
from meterflow.adapters.validation_results import results
from meterflow.errors import TransientError

_GONE = frozenset({"NoSuchKey", "404", "NotFound"})
_RACED = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})
MOST_ALTERNATIVES = 5


def key_of(submission_id: str) -> str:
    """Where the record of a submission lies."""
    return f"evidence/{submission_id}.json"


def newest(submission_id: str) -> tuple[dict[str, Any], str] | None:
    """The newest record of a submission with its version's tag, or None."""
    with aws_calls():
        try:
            answer = client("s3").get_object(Bucket=settings.setting("LAKE_BUCKET"), Key=key_of(submission_id))
        except ClientError as error:
            if error_code(error) not in _GONE:
                raise
            return None
        with answer["Body"] as body:
            return json.loads(body.read()), str(answer["ETag"])


def put(record: dict[str, Any], replaces: str | None) -> None:
    """Keep `record` where `replaces` is still the newest (None: where there is none), else raise TransientError."""
    condition = {"IfMatch": replaces} if replaces else {"IfNoneMatch": "*"}
    with aws_calls():
        try:
            client("s3").put_object(
                Bucket=settings.setting("LAKE_BUCKET"),
                Key=key_of(record["submission_id"]),
                Body=json.dumps(record, sort_keys=True, ensure_ascii=False, indent=1).encode(),
                ContentType="application/json",
                **condition,
            )
        except ClientError as error:
            if error_code(error) in _RACED:
                raise TransientError("another writer kept a record of this submission") from error
            raise


def photo_proof(photo_id: str | None) -> tuple[str | None, list[tuple[str, str]]]:
    """The SHA-256 of a photo's kept copy and what was read on it, the likeliest first. Nothing where there is none."""
    if not photo_id:
        return None, []
    with aws_calls():
        row = results().get_item(Key={"result_id": photo_id}, ConsistentRead=True).get("Item")
        if not row or not row.get("kept_key"):
            return None, []
        try:
            answer = client("s3").get_object(Bucket=settings.setting("PHOTOS_BUCKET"), Key=str(row["kept_key"]))
        except ClientError as error:
            if error_code(error) not in _GONE:
                raise
            return None, []
        with answer["Body"] as body:
            digest = hashlib.sha256(body.read()).hexdigest()
    guesses = json.loads(row.get("candidates", "[]"))
    return digest, [(str(text), f"{float(odds):.6f}") for text, odds in guesses[:MOST_ALTERNATIVES]]
