"""TracePhoto: a photo proves one reading. One that was used for another, exactly or nearly, goes to a person."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock, photo_reuse, settings
from meterflow.adapters import photo_uses, validation_results
from meterflow.contracts.image_validation import Comparison, TracePhotoInput, TracePhotoResult
from meterflow.fingerprint import Fingerprint
from meterflow.observability import logger, step
from meterflow.photo_reuse import Use
from meterflow.reading import FirstUse


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The exact picture is claimed first, so that of two readings at once only one is its first use."""
    request = TracePhotoInput.model_validate(event)
    comparison = request.comparison
    row = validation_results.photo(comparison.photo_id) if comparison.photo_id else None
    if row is None or row.fingerprint is None:
        return TracePhotoResult(outcome="UNKNOWN", comparison=comparison).payload()
    mine = Use(
        submission_id=request.submission_id,
        meter_id=request.meter_id,
        value=request.value,
        taken_at=request.taken_at,
        photo_id=row.photo_id,
        reading=comparison.reading,
    )
    first = photo_uses.claim(mine, row.fingerprint, clock.now())
    if first.submission_id != mine.submission_id:
        if photo_reuse.is_retry(mine, first):
            return TracePhotoResult(outcome="RETRY", comparison=comparison).payload()
        return TracePhotoResult(outcome="REUSED", comparison=reused(comparison, first)).payload()
    earlier = look_alike(mine, row.fingerprint)
    if earlier:
        return TracePhotoResult(outcome="REUSED", comparison=reused(comparison, earlier)).payload()
    return TracePhotoResult(outcome="FIRST", comparison=comparison).payload()


def look_alike(mine: Use, mark: Fingerprint) -> Use | None:
    """An earlier use of a picture that is this one, re-encoded, resized or cropped. Then this one is entered too."""
    found = photo_reuse.reused_from(mine, mark, photo_uses.neighbours(mark))
    photo_uses.remember(mark, clock.now())
    if found is None:
        return None
    earlier, alike = found
    logger.info("photo looks like an earlier one", extra={"likeness": round(alike, 4)})
    return earlier


def reused(comparison: Comparison, first: Use) -> Comparison:
    """The comparison of a reused photo: no match any more, and the first use beside it.

    Where the deployment only wants a note (`PHOTO_REUSE`), the verdict stays.
    """
    verdict = comparison.verdict
    if verdict == "MATCH" and settings.setting("PHOTO_REUSE") == "review":
        verdict = "MISMATCH"
    first_use = FirstUse(submission_id=first.submission_id, meter_id=first.meter_id, photo_id=first.photo_id)
    return comparison.model_copy(
        update={
            "verdict": verdict,
            "reasons": (photo_reuse.PHOTO_REUSED, *comparison.reasons),
            "first_use": first_use,
        }
    )
