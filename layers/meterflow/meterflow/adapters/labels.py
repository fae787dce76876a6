"""Labels in the lake, labels/<submission_id>.json: each is written once and never changed."""

import hashlib

from botocore.exceptions import ClientError

from meterflow import settings
from meterflow.adapters.aws import aws_calls, client, error_code
from meterflow.errors import TransientError

PREFIX = "labels/"
_GONE = frozenset({"404", "NoSuchKey", "NotFound"})


def put(submission_id: str, content: bytes) -> bool:
    """Write a label. False where there is one: what was decided does not change. Raises TransientError where another
    write is at it."""
    with aws_calls():
        try:
            client("s3").put_object(
                Bucket=settings.setting("LAKE_BUCKET"),
                Key=f"{PREFIX}{submission_id}.json",
                Body=content,
                ContentType="application/json",
                IfNoneMatch="*",
            )
        except ClientError as error:
            if error_code(error) == "ConditionalRequestConflict":
                raise TransientError("another write of the label is under way") from error
            if error_code(error) != "PreconditionFailed":
                raise
            return False
    return True


def photo_hash(kept_key: str) -> str | None:
    """SHA-256 of a cleaned copy's bytes in hex, or None where it is gone."""
    with aws_calls():
        try:
            answer = client("s3").get_object(Bucket=settings.setting("PHOTOS_BUCKET"), Key=kept_key)
        except ClientError as error:
            if error_code(error) not in _GONE:
                raise
            return None
        digest = hashlib.sha256()
        with answer["Body"] as body:
            for part in iter(lambda: body.read(1 << 16), b""):
                digest.update(part)
    return digest.hexdigest()
