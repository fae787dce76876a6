"""What a decided review adds to the counts of its reviewers, of the customer and of the kind of meter.

The counts are sums, so they are kept by adding and never by reading all reviews again. Every count exists twice: for
the kind of meter and for `all` kinds.
"""

import hashlib
import math
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from meterflow import clock
from meterflow.meter import Location, Meter
from meterflow.reading import parse_value
from meterflow.review_decision import Opinion, Stage, near

ALL_KINDS = "all"
# Buckets of half an octave: 1, 1.41, 2, 2.83 ... seconds; the last begins after 24 days.
LAST_BUCKET = 42

Counts = dict[str, Decimal]


class DecidedReview(BaseModel):
    """A decided review as far as counting goes. `opened_at` and the opinions' times are RFC 3339."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    submitted: str
    final: str
    reader: str | None
    opened_at: str
    opinions: tuple[Opinion, ...]
    has_photo: bool
    audit: bool


def bucket(seconds: float) -> int:
    """The bucket of a time: half an octave each."""
    return min(max(0, math.floor(2 * math.log2(seconds))) if seconds >= 1 else 0, LAST_BUCKET)


def of_opinion(review: DecidedReview, at: int, meter: Meter) -> Counts:
    """What the opinion `at` adds to its reviewer: decisions, agreement with the reader, the other person and the lead,
    corrections with their direction and units, one bucket of the time it took, and whether the meter is their own."""
    mine = review.opinions[at]
    counts = {"decisions": Decimal(1), f"t{bucket(_seconds(review, at)):02d}": Decimal(1)}
    if review.reader is not None:
        _agree(counts, "reader", near(mine.value, review.reader, meter.decimals))
    pair = review.opinions[:2]
    if mine.stage != Stage.LEAD and len(pair) == 2:
        _agree(counts, "second", near(pair[0].value, pair[1].value, meter.decimals))
        if len(review.opinions) > 2:
            _agree(counts, "lead", near(mine.value, review.final, meter.decimals))
    counts |= _direction(review.submitted, mine.value, meter)
    if mine.decided_by == meter.owner:
        counts["own"] = Decimal(1)
    return counts


def of_kind(review: DecidedReview, meter: Meter) -> Counts:
    """What the review adds to its kind of meter: how many submitted photo values were looked at and corrected, those
    of the audit apart, because only they are a fair sample of what was accepted."""
    if not review.has_photo:
        return {"without_photo": Decimal(1)}
    corrected = Decimal("corrections" in _direction(review.submitted, review.final, meter))
    name = "audited" if review.audit else "reviewed"
    return {f"{name}_photos": Decimal(1), f"{name}_corrected": corrected}


def of_customer(mine: Opinion, submitted: str, meter: Meter) -> Counts:
    """What an opinion adds to the row of this reviewer and this customer (or place): corrections, and how many of them
    made the bill smaller. Empty where nothing was corrected."""
    direction = _direction(submitted, mine.value, meter)
    return {name: part for name, part in direction.items() if name in ("corrections", "down")}


def place(location: Location) -> str:
    """A name for the house that a meter stands in, so that flats of several owners count together: a hash of its
    coordinates to four decimals (11 m). It is no address, and is kept in our tables alone."""
    spot = f"{location.lat:.4f},{location.lon:.4f}"
    return hashlib.sha256(spot.encode()).hexdigest()[:20]


def median_seconds(counts: Counts) -> Decimal | None:
    """The median of the times in the buckets: within a fifth of the true one, because a bucket is half an octave."""
    buckets = [(at, int(counts.get(f"t{at:02d}", 0))) for at in range(LAST_BUCKET + 1)]
    middle = sum(count for _, count in buckets) / 2
    seen = 0
    for at, count in buckets:
        if count and seen + count >= middle:
            # The bucket's times are taken as spread evenly on the logarithmic scale.
            return Decimal(str(round(2 ** ((at + (middle - seen) / count) / 2), 1)))
        seen += count
    return None


def _agree(counts: Counts, whom: str, agreed: bool) -> None:
    counts[f"{whom}_known"] = Decimal(1)
    if agreed:
        counts[f"{whom}_agreed"] = Decimal(1)


def _direction(submitted: str, value: str, meter: Meter) -> Counts:
    try:
        if near(value, submitted, meter.decimals):
            return {}
        units = (parse_value(value) - parse_value(submitted)) * meter.multiplier
    except ValueError:
        return {}  # a device sent no number, so no direction
    side = "up" if units > 0 else "down"
    return {"corrections": Decimal(1), side: Decimal(1), f"units_{side}": abs(units)}


def _seconds(review: DecidedReview, at: int) -> float:
    asked = review.opinions[at - 1].decided_at if at else review.opened_at
    return max(0.0, (_moment(review.opinions[at].decided_at) - _moment(asked)).total_seconds())


def _moment(text: str) -> datetime:
    return clock.from_text(text)


def added(parts: Sequence[Counts]) -> Counts:
    """The sum of several."""
    total: Counts = {}
    for part in parts:
        for name, count in part.items():
            total[name] = total.get(name, Decimal(0)) + count
    return total
