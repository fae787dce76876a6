"""CompareReading: find the register among the photo's words, now that the meter is known, and compare."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import register
from meterflow.adapters import validation_results
from meterflow.comparison import Submitted, compare
from meterflow.contracts.image_validation import CompareReadingInput, Comparison
from meterflow.observability import step


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """A photo that is missing or unusable gives UNREADABLE with its own reasons."""
    request = CompareReadingInput.model_validate(event)
    photo = validation_results.photo(request.photo_id) if request.photo_id else None
    if photo is None or photo.state != "READ":
        reasons = photo.reasons if photo else request.reasons
        return Comparison(verdict="UNREADABLE", reasons=reasons, photo_id=request.photo_id).payload()
    candidates = register.find(photo.words, photo.aspect, request.digits, request.decimals, request.serial_number)
    submitted = Submitted(request.value, request.previous_value, request.serial_number)
    result = compare(submitted, candidates, photo.words, photo.reasons)
    return Comparison.model_validate({**result.model_dump(), "photo_id": request.photo_id}).payload()
