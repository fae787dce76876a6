"""ApplyCorrection: settle the reading as the reviewer decided, and keep photo and value as a training label."""

import json
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock
from meterflow.adapters import photos, readings, reviews, validation_results
from meterflow.contracts.image_validation import ApplyCorrectionInput, ApplyCorrectionResult
from meterflow.errors import BrokenInvariant
from meterflow.observability import step
from meterflow.reading import Quality, Status, parse_value


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Both writes may be repeated: the label is the same bytes, and a settled reading stays as it is."""
    request = ApplyCorrectionInput.model_validate(event)
    review = reviews.get(request.submission_id)
    if review is None or review.decision is None:
        raise BrokenInvariant("a correction is applied that nobody decided")
    photos.put_label(request.submission_id, label(review, review.decision))
    confirmed = parse_value(review.decision.value) == parse_value(request.value)
    edit = {
        "reason": review.decision.reason,
        "edited_by": review.decision.decided_by,
        "edited_at": review.decision.decided_at,
    }
    before = readings.get(request.submission_id)
    settled = readings.settle(
        request.submission_id,
        meter_id=request.meter_id,
        status=Status.ACCEPTED,
        quality=Quality.VALID if confirmed else Quality.EDITED,
        reasons=["review_confirmed" if confirmed else "review_corrected"],
        value=request.value if confirmed else review.decision.value,
        taken_at=request.taken_at,
        # The score was about the value as sent: a corrected one has none.
        risk_level=before.risk_level if before and confirmed else None,
        edit=None if confirmed else edit,
        now=clock.now(),
        expected=(Status.NEEDS_REVIEW,),
    )
    outcome = "CONFIRMED" if confirmed else "EDITED"
    return ApplyCorrectionResult.model_validate({"outcome": outcome, "settled": settled}).payload()


def label(review: reviews.Review, decision: reviews.Decision) -> bytes:
    """The photo's copy, what was seen on it and what it shows. Who sent it, who decided and why are left out."""
    photo = validation_results.photo(review.photo_id) if review.photo_id else None
    document = {
        "submission_id": review.submission_id,
        "meter_id": review.meter_id,
        "photo_key": photo.kept_key if photo else None,
        "aspect": photo.aspect if photo else None,
        "words": [[word.text, word.confidence, word.corners] for word in photo.words] if photo else [],
        "seen": review.reading,
        "verdict": review.verdict,
        "submitted": review.value,
        "label": decision.value,
        "decided_at": decision.decided_at,
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
