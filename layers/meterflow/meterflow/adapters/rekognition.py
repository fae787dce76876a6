"""Amazon Rekognition: the words on a photo that lies in our bucket."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from meterflow import settings
from meterflow.adapters.aws import aws_calls, error_code, is_transient
from meterflow.errors import NotBilled
from meterflow.register import Point, Word

# Rekognition's ways to say that this photo will never be read: data about the photo, no outage and no bug.
REFUSALS = {
    "InvalidImageFormatException": "corrupt",
    "ImageTooLargeException": "too_large",
    "InvalidParameterException": "too_small",
}

# Longer is no word, and a hundred of them must fit into a row.
MOST_SIGNS = 200
# A photo that is read slowly is still being read: asking again after ten seconds, as elsewhere, would only add to the
# queue. The state machine retries, with jitter, and its function's timeout is longer than this.
_CONFIG = Config(connect_timeout=2, read_timeout=35, retries={"mode": "standard", "total_max_attempts": 1})


@cache
def client() -> Any:
    """Rekognition's client, made once in a process."""
    return boto3.client("rekognition", config=_CONFIG)


def detect_text(kept_key: str, aspect: float) -> tuple[list[Word], str | None]:
    """The words on a cleaned copy, and None; or no words and the fault for which the service refuses the photo.

    `aspect` is the photo's width over its height: corners come in shares of each side and leave in photo heights.
    Raises NotBilled where the service is throttled or says that it is down, TransientError where it does not answer.
    """
    with aws_calls():
        try:
            answer = client().detect_text(
                Image={"S3Object": {"Bucket": settings.setting("PHOTOS_BUCKET"), "Name": kept_key}}
            )
        except ClientError as error:
            if error_code(error) in REFUSALS:
                return [], REFUSALS[error_code(error)]
            if is_transient(error):
                raise NotBilled(f"DetectText: {error_code(error)}") from error
            raise
    return words(answer, aspect), None


def words(answer: dict[str, Any], aspect: float) -> list[Word]:
    """The words of a DetectText answer; items without four corners or without text are left out."""
    found = [_word(item, aspect) for item in answer.get("TextDetections", []) if item.get("Type") == "WORD"]
    return [word for word in found if word is not None]


def _word(item: dict[str, Any], aspect: float) -> Word | None:
    corners = [_corner(point, aspect) for point in item.get("Geometry", {}).get("Polygon", [])]
    if len(corners) != 4 or not item.get("DetectedText"):
        return None
    confidence = min(1.0, max(0.0, float(item.get("Confidence", 0.0)) / 100))
    return Word(str(item["DetectedText"])[:MOST_SIGNS], confidence, (corners[0], corners[1], corners[2], corners[3]))


def _corner(point: dict[str, float], aspect: float) -> Point:
    return (float(point["X"]) * aspect, float(point["Y"]))
