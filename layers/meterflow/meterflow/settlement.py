"""Settlement: what becomes of a submission once validation, the photo and the score have spoken.

Pure functions from decisions to a final status, a quality code and stable reason codes, and the events that tell it.
"""

from dataclasses import dataclass
from typing import Any

from meterflow.meter import Meter
from meterflow.photo_reuse import PHOTO_REUSED
from meterflow.reading import PhotoResult, Quality, Reading, Source, Status
from meterflow.vee import Decision, Outcome

SCORING_UNAVAILABLE = "scoring_unavailable"

# Risks at which use is so unusual that only a photo makes the value valid.
DOUBTFUL_RISKS = frozenset({"HIGH", "CRITICAL"})

_PHOTO_REASON = {"MISMATCH": "photo_mismatch", "UNREADABLE": "photo_unreadable"}


@dataclass(frozen=True)
class Settlement:
    """The final state of a submission."""

    status: Status
    quality: Quality
    reasons: tuple[str, ...]


def settle(
    source: Source,
    decision: Decision,
    *,
    duplicate: bool = False,
    photo: PhotoResult | None = None,
    risk_level: str | None = None,
    scored: bool = True,
) -> Settlement:
    """Decide the final status.

    A refused reading or a duplicate is REJECTED. A reading whose photo does not show it, or that a rule doubts in a way
    that no photo settles (`decision.if_photo_matches`), is NEEDS_REVIEW. Every other is ACCEPTED: an unusual use is
    still the use, so a high risk never refuses a reading; it only keeps its quality raw until a photo proves it.
    `scored` is False where scoring was tried and broke.
    """
    reasons = list(decision.reasons)
    if decision.outcome == Outcome.REJECT:
        return Settlement(Status.REJECTED, Quality.RAW, tuple(reasons))
    if duplicate:
        return Settlement(Status.REJECTED, Quality.RAW, (*reasons, "duplicate"))
    if not scored:
        reasons.append(SCORING_UNAVAILABLE)
    if photo and photo.verdict != "MATCH":
        # A photo that was used before says nothing about this number, whatever it shows.
        told = () if PHOTO_REUSED in photo.reasons else (_PHOTO_REASON[photo.verdict],)
        reasons += [*told, *photo.reasons]
        return Settlement(Status.NEEDS_REVIEW, Quality.RAW, _once(reasons))
    if decision.outcome == Outcome.REVIEW:
        if not photo or decision.if_photo_matches is None:
            return Settlement(Status.NEEDS_REVIEW, Quality.RAW, _once(reasons))
        # The photo is the evidence that the doubt asked for.
        reasons = [*decision.if_photo_matches, *([] if scored else [SCORING_UNAVAILABLE])]
    return Settlement(Status.ACCEPTED, *_accepted(source, reasons, photo, risk_level))


def _accepted(
    source: Source, reasons: list[str], photo: PhotoResult | None, risk_level: str | None
) -> tuple[Quality, tuple[str, ...]]:
    if source == Source.ESTIMATE:
        return Quality.ESTIMATED, _once(reasons)
    if risk_level in DOUBTFUL_RISKS:
        return (Quality.VALID if photo else Quality.RAW), _once([*reasons, "unusual_consumption"])
    return Quality.VALID, _once(reasons)


def _once(reasons: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reasons))


def reading_settled(reading: Reading, meter: Meter | None, event_id: str) -> dict[str, Any]:
    """The detail of the event `ReadingSettled`. It has no personal data: `customer_id` is an opaque id.

    `event_id` is the submission's id for its first settlement. The customer is the meter's owner, or whoever
    submitted where the meter is unknown.
    """
    return {
        "event_id": event_id,
        "submission_id": reading.submission_id,
        "meter_id": reading.meter_id,
        "customer_id": meter.owner if meter else reading.submitted_by,
        "status": reading.status.value,
        "quality": reading.quality.value,
        "value": reading.value,
        "unit": meter.unit if meter else None,
        "kind": meter.kind.value if meter else None,
        "taken_at": reading.taken_at,
        "reasons": list(reading.reasons),
        "risk_level": reading.risk_level,
    }


def review_requested(reading: Reading, meter: Meter | None, audited: bool = False) -> dict[str, Any] | None:
    """The detail of the event `ReviewRequested`, or None where no person has to look.

    An `audited` reading (review_audit) is accepted and stays so: a person looks at it all the same. A reading that a
    rule doubts is reviewed without a photo too: nothing that waits may wait for nobody. It has no
    `photo_key` then, and its verdict is UNREADABLE.
    """
    if reading.status != Status.NEEDS_REVIEW and not audited:
        return None
    photo = reading.photo or PhotoResult(verdict="UNREADABLE")
    detail: dict[str, Any] = {
        "purpose": "review",
        "submission_id": reading.submission_id,
        "meter_id": reading.meter_id,
        "customer_id": meter.owner if meter else reading.submitted_by,
        "photo_key": reading.photo_key,
        "photo_id": photo.photo_id,
        "value": reading.value,
        "taken_at": reading.taken_at,
        "verdict": photo.verdict,
        "reading": photo.reading,
        "reasons": list(reading.reasons),
        "audit": True if audited else None,
    }
    return {name: part for name, part in detail.items() if part is not None}
