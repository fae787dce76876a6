"""Readings: the value as people write it and as we count with it, its state, its quality and its photo's verdict."""

import hashlib
import json
import re
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from meterflow import clock

# Plain figures and at most one point: no sign, exponent, group mark or foreign digit. Longer than any register is
# still well-formed, so that a typing mistake is answered by the rule that names it.
VALUE_PATTERN = r"^[0-9]{1,12}(\.[0-9]{1,6})?$"
_VALUE = re.compile(VALUE_PATTERN + r"\Z")


class Status(StrEnum):
    """Where a submission stands."""

    PROCESSING = "PROCESSING"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    NEEDS_REVIEW = "NEEDS_REVIEW"


class Quality(StrEnum):
    """How far a value may be trusted; the names follow Green Button's (ESPI) QualityOfReading."""

    RAW = "raw"  # as received: not settled, refused, or doubtful and unproven
    VALID = "valid"  # passed validation
    ESTIMATED = "estimated"  # computed, not read
    EDITED = "edited"  # corrected by a person, the original is kept


class Source(StrEnum):
    """Who or what took the reading."""

    CUSTOMER = "customer"
    TECHNICIAN = "technician"
    DEVICE = "device"
    ESTIMATE = "estimate"


class Figure(BaseModel):
    """One figure of a reading: its sign, how sure it is (0..1), and what else it could be, the likeliest first."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    symbol: str
    odds: float
    alternatives: tuple[tuple[str, float], ...] = ()


class FirstUse(BaseModel):
    """The reading that a photo was used for before."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    submission_id: str
    meter_id: str
    photo_id: str


class PhotoResult(BaseModel):
    """What the photo says of the submitted value. `reading` is a decimal string, `confidence` lies in 0..1.

    The other fields are evidence and may be absent: `reader` is rekognition, open or both, `accept` whether the open
    reader's odds reach its calibrated threshold, `content_hash` the SHA-256 of the cleaned copy."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    verdict: Literal["MATCH", "MISMATCH", "UNREADABLE"]
    reading: str | None = None
    confidence: float | None = None
    reasons: tuple[str, ...] = ()
    photo_id: str | None = None
    reader: str | None = None
    accept: bool | None = None
    figures: tuple[Figure, ...] = ()
    content_hash: str | None = None
    first_use: FirstUse | None = None


class Estimate(BaseModel):
    """How an estimated value came about: the rule, the interval that holds the true value in `coverage` of all cases
    (register values as decimal strings), and the readings that it stands on."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    rule: str
    low: str
    high: str
    coverage: str
    basis: tuple[str, ...] = ()


class Reading(BaseModel):
    """A submission as the Readings table holds it, whatever became of it.

    `value` is the text as submitted ("00123.456") or as corrected, and empty where a device sent none; `original_value`
    is what stood there before a correction. `taken_at` is RFC 3339 UTC to the second, and empty where a device sent no
    time that can be read. The table's row leaves out what is empty.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    submission_id: str
    meter_id: str
    value: str = ""
    taken_at: str = ""
    source: Source
    submitted_by: str
    photo_key: str | None = None
    fingerprint: str
    received_at: str
    status: Status = Status.PROCESSING
    quality: Quality = Quality.RAW
    reasons: tuple[str, ...] = ()
    photo: PhotoResult | None = None
    risk_level: str | None = None
    job_id: str | None = None
    settled_at: str | None = None
    original_value: str | None = None
    edit: dict[str, Any] | None = Field(default=None)
    # What the submitter named beside the value: its unit, and the number on the meter.
    unit: str | None = None
    serial_number: str | None = None
    # Of an estimate: how it was computed, and what the true reading said of it later.
    estimate: Estimate | None = None
    score: dict[str, Any] | None = Field(default=None)
    # What validation found (rules, rule set, explanations), and the earlier submissions that this one settled.
    validation: dict[str, Any] | None = Field(default=None)
    resolved: tuple[str, ...] = ()


def parse_value(text: str) -> Decimal:
    """The number that a reading's text names: "00123.456" is 123.456. Raises ValueError where it is malformed."""
    if not _VALUE.match(text):
        raise ValueError("a reading is plain figures with at most one point")
    return Decimal(text)


def figures(text: str) -> tuple[int, int]:
    """How many figures stand before and after the point, leading zeros counted. Raises ValueError like parse_value."""
    parse_value(text)
    whole, _, fraction = text.partition(".")
    return len(whole), len(fraction)


def format_value(value: Decimal, digits: int, decimals: int) -> str:
    """`value` as a register of `digits` wheels and `decimals` places shows it: 123.456 is "00123.456".

    Places beyond `decimals` are cut, as a register does. Raises ValueError where the register cannot show it.
    """
    if not value.is_finite() or value < 0 or value >= Decimal(10) ** digits:
        raise ValueError("the register cannot show this value")
    scaled = int(value.scaleb(decimals))
    whole, fraction = divmod(scaled, 10**decimals)
    return f"{whole:0{digits}d}" + (f".{fraction:0{decimals}d}" if decimals else "")


def normal_time(text: str) -> str:
    """An RFC 3339 time in UTC to the second, so that comparing texts compares times. Raises ValueError like clock."""
    try:
        return clock.to_text(clock.from_text(text).replace(microsecond=0))
    except OverflowError:
        raise ValueError("time out of range") from None


def fingerprint(meter_id: str, value: str, taken_at: str, photo_key: str | None, **more: str | None) -> str:
    """SHA-256 of the canonical body: what tells a repeated submission from another under the same token.

    `more` is what bodies of old had not; what is None is left out, so that their fingerprints stay.
    """
    body = {"meter_id": meter_id, "photo_key": photo_key, "taken_at": taken_at, "value": value}
    body |= {name: part for name, part in more.items() if part is not None}
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def new_reading(
    *,
    submission_id: str,
    meter_id: str,
    value: str,
    taken_at: str,
    source: Source,
    submitted_by: str,
    photo_key: str | None,
    received_at: datetime,
    unit: str | None = None,
    serial_number: str | None = None,
    estimate: Estimate | None = None,
) -> Reading:
    """A submission as it is first written: PROCESSING, its time normalised, or empty where nobody can read it."""
    try:
        moment = normal_time(taken_at)
    except ValueError:
        moment = ""
    return Reading(
        submission_id=submission_id,
        meter_id=meter_id,
        value=value,
        taken_at=moment,
        source=source,
        submitted_by=submitted_by,
        photo_key=photo_key,
        fingerprint=fingerprint(meter_id, value, moment, photo_key, unit=unit, serial_number=serial_number),
        received_at=clock.to_text(received_at),
        unit=unit,
        serial_number=serial_number,
        estimate=estimate,
    )
