"""Was this photo used before? For the same reading it is a retry; for another reading or another meter it is reused.

A photo proves one reading of one meter. Sent again with another, on purpose or by a slip, it proves nothing, so a
person looks, with the first use beside it. The customer need not defend anything: the review is the appeal.
"""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from meterflow.clock import from_text
from meterflow.fingerprint import NEAR_BITS, SAME_EXPOSURE, Fingerprint, distance, likeness
from meterflow.reading import parse_value

PHOTO_REUSED = "photo_reused"
PHOTO_OLD = "photo_old"
# A reading that is sent again, because its answer was lost, is sent again soon and with the same value.
RETRY_WITHIN = timedelta(hours=24)
# How many earlier photos are looked at closely; each costs a seventh of a second at most.
LOOKED_AT = 3


class Use(BaseModel):
    """The use of a photo for a reading. `reading` is what was read on it, if anything was."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    submission_id: str
    meter_id: str
    value: str
    taken_at: str
    photo_id: str
    reading: str | None = None


def is_retry(mine: Use, first: Use) -> bool:
    """Whether both are about one reading: the same meter and value within a day. Raises ValueError on bad times."""
    if mine.submission_id == first.submission_id:
        return True
    apart = abs(from_text(mine.taken_at) - from_text(first.taken_at))
    return mine.meter_id == first.meter_id and _number(mine.value) == _number(first.value) and apart <= RETRY_WITHIN


def _number(value: str) -> Decimal:
    return parse_value(value)


def show_different_figures(mine: Use, other: Use) -> bool:
    """Whether both photos were read and show different numbers: then they are two photos, however alike."""
    if mine.reading is None or other.reading is None:
        return False
    return _number(mine.reading) != _number(other.reading)


def near(mine: Fingerprint, others: Sequence[tuple[Use, Fingerprint]]) -> list[tuple[Use, Fingerprint]]:
    """Those of `others` whose hashes lie near, the nearest first, at most LOOKED_AT."""
    if not mine.hashes:
        return []
    measured = [
        (min(distance(ours, theirs) for ours in mine.hashes for theirs in one.hashes), number)
        for number, (_, one) in enumerate(others)
        if one.hashes and one.content != mine.content
    ]
    return [others[number] for bits, number in sorted(measured) if bits <= NEAR_BITS][:LOOKED_AT]


def reused_from(
    mine: Use, fingerprint: Fingerprint, others: Sequence[tuple[Use, Fingerprint]]
) -> tuple[Use, float] | None:
    """The earlier use of the same exposure for another reading, and how alike the two are; None where there is none."""
    for use, earlier in near(fingerprint, others):
        if is_retry(mine, use) or show_different_figures(mine, use):
            continue
        alike = likeness(earlier.greys, fingerprint.greys)
        if alike >= SAME_EXPOSURE:
            return use, alike
    return None


def is_old(photographed_at: str | None, taken_at: str, tolerance: timedelta) -> bool:
    """Whether the camera's own time lies before the claimed one by more than `tolerance`.

    A camera writes its local time, often without a zone, and then 14 hours of doubt are added. A camera with a wrong
    clock is no liar, so this is only ever a note.
    """
    if not photographed_at:
        return False
    try:
        claimed = from_text(taken_at)
        zoned = photographed_at.endswith("Z") or "+" in photographed_at[10:] or "-" in photographed_at[10:]
        moment = from_text(photographed_at if zoned else f"{photographed_at}Z")
    except ValueError:
        return False
    return claimed - moment > tolerance + (timedelta(0) if zoned else timedelta(hours=14))
