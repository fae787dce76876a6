"""From a request's `Image` to the image file's bytes, within the service's limits."""

from __future__ import annotations

import base64
import binascii

from local.rekognition.errors import invalid_parameter, invalid_s3_object, serialization, validation
from local.rekognition.fields import Json, string, structure
from local.rekognition.s3 import Fetch, S3Object

MOST_INLINE_BYTES = 5 * 1024 * 1024


def image_bytes(request: Json, fetch: Fetch) -> bytes:
    image = structure(request, "Image")
    if image is None:
        raise validation("image", "Member must not be null")
    inline, stored = string(image, "Bytes"), structure(image, "S3Object")
    if inline is not None and stored is None:
        return _decoded(inline)
    if stored is not None and inline is None:
        return fetch(_named(stored))
    # Neither, or both.
    raise invalid_parameter("Request has invalid parameters")


def _decoded(inline: str) -> bytes:
    try:
        data = base64.b64decode(inline, validate=True)
    except (binascii.Error, ValueError) as error:
        raise serialization("Image.Bytes is not base64") from error
    if not data:
        raise validation("image.bytes", "Member must have length greater than or equal to 1")
    if len(data) > MOST_INLINE_BYTES:
        # The service checks this bound as one of its API model's, so it is not ImageTooLargeException.
        raise validation("image.bytes", f"Member must have length less than or equal to {MOST_INLINE_BYTES}")
    return data


def _named(stored: Json) -> S3Object:
    bucket, name = string(stored, "Bucket"), string(stored, "Name")
    if not bucket or not name:
        raise invalid_s3_object()
    return S3Object(bucket, name, string(stored, "Version"))
