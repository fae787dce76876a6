"""Fetching a photo that a request names by bucket and key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from local.rekognition.errors import image_too_large, invalid_s3_object, throttled

MOST_OBJECT_BYTES = 15 * 1024 * 1024


@dataclass(frozen=True)
class S3Object:
    bucket: str
    name: str
    version: str | None = None


# How the server gets an object's bytes; raises a ServiceError where it cannot.
Fetch = Callable[[S3Object], bytes]


def s3_fetcher(endpoint_url: str | None) -> Fetch:
    """Fetches with the server's own credentials, from AWS_ENDPOINT_URL_S3 and the like where no URL is given."""
    client = boto3.client(
        "s3",
        endpoint_url=endpoint_url,
        region_name=boto3.session.Session().region_name or "us-east-1",
        config=Config(
            connect_timeout=2,
            read_timeout=10,
            retries={"mode": "standard", "total_max_attempts": 2},
            max_pool_connections=32,
            # An emulator on 127.0.0.1 has no host name for each bucket.
            s3={"addressing_style": "path"} if endpoint_url else {},
        ),
    )
    return lambda wanted: fetch_object(client, wanted)


def fetch_object(client: Any, wanted: S3Object) -> bytes:
    request = {"Bucket": wanted.bucket, "Key": wanted.name}
    if wanted.version is not None:
        request["VersionId"] = wanted.version
    try:
        found = client.get_object(**request)
        with found["Body"] as body:
            if found["ContentLength"] > MOST_OBJECT_BYTES:
                raise image_too_large("Image size is too large. Maximum image size in S3 is 15 MB.")
            data: bytes = body.read()
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
            raise throttled() from error
        raise invalid_s3_object() from error
    except ParamValidationError as error:
        raise invalid_s3_object() from error
    except BotoCoreError as error:
        # S3 itself is away: worth another try, which a wrong object name is not.
        raise throttled() from error
    return data
