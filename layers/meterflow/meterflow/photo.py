"""Rules for a meter's photo: which files are taken, where their copies go, and the names of what can be wrong.

What is wrong with the picture itself is measured in `picture.py`.
"""

import hashlib
import re
from collections.abc import Iterable
from enum import StrEnum

# What Amazon Rekognition takes from a bucket (limits page): 15 MB, JPEG or PNG, at least 80 pixels a side.
MAX_BYTES = 15 * 1024 * 1024
MIN_SIDE = 80
# Our own limit against decompression bombs: 12 KB of PNG can unpack to a hundred million pixels. Phones take 12 to 24.
MAX_PIXELS = 25_000_000
# The longest side of the copy that is kept: enough to read a register, and it bounds storage and the OCR's time.
MAX_KEPT_SIDE = 4096

UPLOAD_KEY = re.compile(r"uploads/(?!.*\.\.)[A-Za-z0-9_./-]{1,512}\.(jpg|jpeg|png)", re.IGNORECASE)
SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png"}
_MAGIC = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


class Fault(StrEnum):
    """What is wrong with a photo. The values are stable: they are reasons in the API, in messages and in tables."""

    # The file itself: nothing is read from it.
    WRONG_TYPE = "wrong_type"
    CORRUPT = "corrupt"
    TOO_LARGE = "too_large"
    TOO_SMALL = "too_small"
    PHOTO_MISSING = "photo_missing"
    # The picture: it is read all the same, and this says why it could not be.
    BLURRED = "blurred"
    DARK = "dark"
    GLARE = "glare"
    CUT_OFF = "cut_off"
    NO_METER = "no_meter"
    WRONG_METER = "wrong_meter"


HINTS: dict[Fault, str] = {
    Fault.WRONG_TYPE: "Send a JPEG or PNG photo.",
    Fault.CORRUPT: "The file is damaged. Take the photo again and wait until the upload is done.",
    Fault.TOO_LARGE: "The photo is too large. Send at most 15 MB and 25 megapixels.",
    Fault.TOO_SMALL: "The digits are too small. Go closer, and send the photo itself, not its preview.",
    Fault.PHOTO_MISSING: "The photo did not arrive. Upload it again.",
    Fault.BLURRED: "Hold the phone still and tap on the digits to focus.",
    Fault.DARK: "It is too dark. Switch on a light or the flash.",
    Fault.GLARE: "A reflection covers the meter. Switch the flash off or tilt the phone a little.",
    Fault.CUT_OFF: "Step back until every digit is on the photo.",
    Fault.NO_METER: "No register was found. Photograph the front of the meter, upright.",
    Fault.WRONG_METER: "Another meter's number is on the photo. Check that it is the right meter.",
}

# What else a photo can be told of: it was taken long ago, or it was sent before.
PHOTO_HINTS: dict[str, str] = {
    **{fault.value: hint for fault, hint in HINTS.items()},
    "photo_reused": "This photo was sent before. Take a new one for every reading.",
    "photo_old": "The photo is older than the reading. Take it when you read the meter.",
}

HARD_FAULTS = frozenset({Fault.WRONG_TYPE, Fault.CORRUPT, Fault.TOO_LARGE, Fault.TOO_SMALL, Fault.PHOTO_MISSING})


def hints(reasons: Iterable[str]) -> list[dict[str, str]]:
    """What a person can do better next time, for each reason that has a hint: `{reason, hint}` in English."""
    return [{"reason": one, "hint": PHOTO_HINTS[one]} for one in dict.fromkeys(reasons) if one in PHOTO_HINTS]


def upload_prefix(user_id: str) -> str:
    """Where the photos that `user_id` uploads lie: POST /uploads gives out no key outside it."""
    return f"uploads/{user_id}/"


def is_upload_key(key: str) -> bool:
    """Whether `key` can be a photo that somebody uploaded: under uploads/, with a photo's suffix in any case."""
    return UPLOAD_KEY.fullmatch(key) is not None


def content_type_of(head: bytes) -> str | None:
    """The type that a file's first bytes show, or None where it is no photo that we take. Its name proves nothing."""
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)


def fault_of_size(width: int, height: int) -> Fault | None:
    """The fault of a photo of `width` x `height` pixels, judged by its header before it is unpacked."""
    if min(width, height) < MIN_SIDE:
        return Fault.TOO_SMALL
    if width * height > MAX_PIXELS:
        return Fault.TOO_LARGE
    return None


def kept_key(photo_key: str, version: str, content_type: str) -> str:
    """Where the cleaned copy of one version of an upload is kept. The name tells nothing about who sent it."""
    name = hashlib.sha256(f"{photo_key}\n{version}".encode()).hexdigest()
    return f"photos/{name}{SUFFIXES[content_type]}"


def photo_id(photo_key: str, version: str) -> str:
    """The row of the result of one version of an upload."""
    return f"photo#{photo_key}@{version}"
