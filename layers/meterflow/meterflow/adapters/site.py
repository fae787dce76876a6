"""Files of the site bucket. Each carries the version it was made from, and an older one never replaces a newer one."""

import random
import time

from botocore.exceptions import ClientError

from meterflow import settings
from meterflow.adapters.aws import aws_calls, client, error_code
from meterflow.adapters.source_of_truth import ATTEMPTS, LONGEST_PAUSE_SECONDS, LOST_RACES
from meterflow.errors import TransientError

CONTENT_TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
}


def published_version(key: str) -> int:
    """The version of the published file, or -1 where there is none."""
    return _head(key)[0]


def read(key: str) -> str | None:
    """The text of the published file, or None where there is none."""
    with aws_calls():
        try:
            answer = client("s3").get_object(Bucket=settings.setting("SITE_BUCKET"), Key=key)
        except ClientError as error:
            if error_code(error) != "NoSuchKey":
                raise
            return None
        return str(answer["Body"].read().decode())


def publish(key: str, body: str, version: int, *, again: bool = False) -> bool:
    """Publish `body` under `key` unless a file of this version or a newer one is there. True where it was written.

    `again` replaces also a file of this version or a newer one. Browsers keep the file, and ask before each use
    whether it is still the newest. Raises TransientError on an outage or where other writers won every attempt.
    """
    for attempt in range(ATTEMPTS):
        there, etag = _head(key)
        if there >= version and not again:
            return False
        if _put(key, body, version, etag):
            return True
        time.sleep(random.uniform(0, min(LONGEST_PAUSE_SECONDS, 0.02 * 2**attempt)))
    raise TransientError(f"other writers of {key} won {ATTEMPTS} times")


def _head(key: str) -> tuple[int, str | None]:
    with aws_calls():
        try:
            answer = client("s3").head_object(Bucket=settings.setting("SITE_BUCKET"), Key=key)
        except ClientError as error:
            if error_code(error) not in ("404", "NoSuchKey"):
                raise
            return -1, None
    return int(answer["Metadata"].get("version", "0")), str(answer["ETag"])


def _put(key: str, body: str, version: int, etag: str | None) -> bool:
    condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
    with aws_calls():
        try:
            client("s3").put_object(
                Bucket=settings.setting("SITE_BUCKET"),
                Key=key,
                Body=body.encode(),
                ContentType=CONTENT_TYPES[key.rpartition(".")[2]],
                CacheControl="private, no-cache",
                Metadata={"version": str(version)},
                **condition,
            )
        except ClientError as error:
            if error_code(error) not in LOST_RACES:
                raise
            return False
    return True
