"""ApplyCorrection: settle the reading as it was decided, and keep photo and value as a training label."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock, review_label
from meterflow.adapters import earlier_readings, labels, meters, readings, reviews, validation_results
from meterflow.contracts.image_validation import ApplyCorrectionInput, ApplyCorrectionResult
from meterflow.errors import BrokenInvariant
from meterflow.observability import step
from meterflow.reading import Quality, Status, parse_value
from meterflow.review_decision import Decision

CONFIRMED, CORRECTED = "review_confirmed", "review_corrected"


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Both writes may be repeated: the label is written once, and a settled reading stays as it is."""
    request = ApplyCorrectionInput.model_validate(event)
    review = reviews.get(request.submission_id)
    if review is None or review.decision is None:
        raise BrokenInvariant("a correction is applied that nobody decided")
    write_label(review, review.decision)
    confirmed = is_confirmed(request.value, review.decision.value)
    if request.audit and confirmed:
        return ApplyCorrectionResult(outcome="UNCHANGED", settled="ALREADY").payload()
    settled = settle(request, review.decision, confirmed)
    outcome = "CONFIRMED" if confirmed else "EDITED"
    if settled == "ALREADY" and not is_mine(request.submission_id, review.decision, confirmed):
        outcome = "SUPERSEDED"
    return ApplyCorrectionResult.model_validate({"outcome": outcome, "settled": settled}).payload()


def settle(request: ApplyCorrectionInput, decision: Decision, confirmed: bool) -> str:
    """Give the reading its final state, and in the same transaction earlier ones what follows from it. What an audit
    corrects is settled already, and must still be as it was."""
    before = readings.get(request.submission_id)
    value = request.value if confirmed else decision.value
    edit = {"reason": decision.reason, "edited_by": decision.decided_by, "edited_at": decision.decided_at}
    return readings.settle(
        request.submission_id,
        meter_id=request.meter_id,
        status=Status.ACCEPTED,
        quality=Quality.VALID if confirmed else Quality.EDITED,
        reasons=[CONFIRMED if confirmed else CORRECTED],
        value=value,
        taken_at=request.taken_at,
        # The score was about the value as sent: a corrected one has none.
        risk_level=before.risk_level if before and confirmed else None,
        edit=None if confirmed else edit,
        now=clock.now(),
        expected=(Status.ACCEPTED,) if request.audit else (Status.NEEDS_REVIEW,),
        replaces=request.value if request.audit else None,
        earlier=earlier_readings.following(before, value, confirmed=confirmed) if before and not request.audit else (),
    )


def is_confirmed(submitted: str, decided: str) -> bool:
    """Whether the decision is the submitted value. A device's broken value is no number and equals none."""
    try:
        return parse_value(decided) == parse_value(submitted)
    except ValueError:
        return False


def is_mine(submission_id: str, decision: Decision, confirmed: bool) -> bool:
    """Whether the reading's state is this very decision's, made before the step was repeated, and nobody else's: the
    meter's next reading may have settled it, or another edit."""
    stored = readings.get(submission_id)
    if stored is None or confirmed:
        return stored is not None and CONFIRMED in stored.reasons
    edit = stored.edit or {}
    return (edit.get("edited_by"), edit.get("edited_at")) == (decision.decided_by, decision.decided_at)


def write_label(review: reviews.Review, decision: Decision) -> None:
    """Keep the label, the first time."""
    photo = validation_results.photo(review.photo_id) if review.photo_id else None
    kept_key = photo.kept_key if photo else None
    document = review_label.Label(
        submission_id=review.submission_id,
        meter_id=review.meter_id,
        photo_key=kept_key,
        photo_version=review.photo_id.rpartition("@")[2] if review.photo_id else None,
        sha256=hash_of(photo) if photo else None,
        aspect=photo.aspect if photo else None,
        words=review_label.words_of(photo.words) if photo else (),
        located=photo.lattice.corners if photo and photo.lattice else None,
        **review_label.facts_of(meters.get(review.meter_id)),
        seen=review.reading,
        confidence=review.confidence,
        verdict=review.verdict,
        reasons=review.reasons,
        submitted=review.value,
        label=decision.value,
        agreement=decision.agreement,
        decided_by=review_label.pseudonym(decision.decided_by),
        decided_at=decision.decided_at,
        audit=review.audit,
    )
    labels.put(review.submission_id, document.to_bytes())


def hash_of(photo: validation_results.PhotoRow) -> str | None:
    """SHA-256 of the cleaned copy: as it was found when the photo was checked, else of the copy that is kept."""
    if photo.fingerprint:
        return photo.fingerprint.content
    return labels.photo_hash(photo.kept_key) if photo.kept_key else None
