"""Photos in S3: uploads as people sent them, the cleaned copies, and links that let a browser send or see one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from meterflow import settings
from meterflow.adapters.aws import aws_calls, client, error_code
from meterflow.clock import to_text
from meterflow.photo import MAX_BYTES

LINK_SECONDS = 300
# A version that a person or the expiry deleted answers 405 where its delete marker is asked for.
_GONE = frozenset({"404", "NoSuchKey", "NoSuchVersion", "NotFound", "405", "MethodNotAllowed"})


@dataclass(frozen=True)
class UploadLink:
    """How a browser sends one photo: a form's `fields` to `url` until `expires_at`."""

    url: str
    fields: dict[str, str]
    expires_at: str


@cache
def _signer() -> Any:
    # Signature 4 and the regional, virtual address: the global one redirects a POST for a new bucket, and browsers drop
    # a form's body then. On the laptop cloud the endpoint of the environment stands in the link as it is.
    return boto3.client("s3", config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}))


def newest_version(photo_key: str) -> str | None:
    """The newest version of an upload, or None where there is none. "null" where the bucket keeps no versions."""
    with aws_calls():
        try:
            answer = client("s3").head_object(Bucket=settings.setting("UPLOADS_BUCKET"), Key=photo_key)
        except ClientError as error:
            if error_code(error) not in _GONE:
                raise
            return None
    return str(answer.get("VersionId") or "null")


def get_upload(photo_key: str, version: str) -> bytes | None:
    """One version of an upload, or None where it is gone. At most one byte more than we take is read."""
    with aws_calls():
        try:
            answer = client("s3").get_object(
                Bucket=settings.setting("UPLOADS_BUCKET"), Key=photo_key, VersionId=version
            )
        except ClientError as error:
            if error_code(error) not in _GONE:
                raise
            return None
        with answer["Body"] as body:
            return bytes(body.read(MAX_BYTES + 1))


def put_kept(kept_key: str, content: bytes, content_type: str) -> None:
    """Keep a cleaned copy. The same copy may be put again: its key follows from the upload's version."""
    with aws_calls():
        client("s3").put_object(
            Bucket=settings.setting("PHOTOS_BUCKET"), Key=kept_key, Body=content, ContentType=content_type
        )


def get_kept(kept_key: str) -> bytes:
    """A cleaned copy's bytes. Raises TransientError on an outage."""
    with aws_calls():
        answer = client("s3").get_object(Bucket=settings.setting("PHOTOS_BUCKET"), Key=kept_key)
        with answer["Body"] as body:
            return bytes(body.read())


def upload_link(photo_key: str, content_type: str, now: datetime) -> UploadLink:
    """A presigned POST for exactly this key and type and at most 15 MB. Nothing is sent to AWS to make it."""
    answer = _signer().generate_presigned_post(
        Bucket=settings.setting("UPLOADS_BUCKET"),
        Key=photo_key,
        Fields={"Content-Type": content_type},
        # boto3 makes no condition of a field, so each is said twice: an unsaid type could be anything.
        Conditions=[{"Content-Type": content_type}, ["content-length-range", 1, MAX_BYTES]],
        ExpiresIn=LINK_SECONDS,
    )
    return UploadLink(answer["url"], dict(answer["fields"]), to_text(now + timedelta(seconds=LINK_SECONDS)))


def view_link(kept_key: str) -> str:
    """A link that shows a cleaned copy for five minutes."""
    return str(
        _signer().generate_presigned_url(
            "get_object",
            Params={"Bucket": settings.setting("PHOTOS_BUCKET"), "Key": kept_key},
            ExpiresIn=LINK_SECONDS,
        )
    )
