"""ClaimPhoto: one execution reads a version of a photo; every other takes its result or waits for it."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock, photo
from meterflow.adapters import photos, validation_results
from meterflow.contracts.image_validation import ClaimPhotoInput, ClaimPhotoResult
from meterflow.observability import step
from meterflow.photo import Fault

MISSING = ClaimPhotoResult(outcome="MISSING", reasons=(Fault.PHOTO_MISSING.value,))


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Pin the version first: the same link may be used twice, and a verdict is about one picture."""
    request = ClaimPhotoInput.model_validate(event)
    if not photo.is_upload_key(request.photo_key):
        return MISSING.payload()
    version = request.version or photos.newest_version(request.photo_key)
    if version is None:
        return MISSING.payload()
    photo_id = photo.photo_id(request.photo_key, version)
    outcome = validation_results.claim_photo(photo_id, request.holder, clock.now())
    return ClaimPhotoResult.model_validate({"outcome": outcome, "photo_id": photo_id, "version": version}).payload()
