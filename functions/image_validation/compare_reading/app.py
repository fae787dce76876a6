"""CompareReading: find the register in what was read, now that the meter is known, and compare."""

from datetime import timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import photo_reading, picture
from meterflow.adapters import validation_results
from meterflow.adapters.validation_results import PhotoRow
from meterflow.comparison import Submitted, compare
from meterflow.contracts.image_validation import CompareReadingInput, Comparison
from meterflow.observability import step
from meterflow.photo_reading import Meter, Sight
from meterflow.photo_reuse import PHOTO_OLD, is_old


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """A photo that is missing or unusable gives UNREADABLE with its own reasons."""
    request = CompareReadingInput.model_validate(event)
    photo = validation_results.photo(request.photo_id) if request.photo_id else None
    if photo is None or photo.state != "READ":
        reasons = photo.reasons if photo else request.reasons
        return Comparison(verdict="UNREADABLE", reasons=reasons, photo_id=request.photo_id).payload()
    meter = Meter(request.digits, request.decimals, request.serial_number, request.previous_value)
    sight = photo_reading.look(photo.words, photo.aspect, photo.lattice, meter)
    submitted = Submitted(request.value, request.previous_value, request.serial_number)
    result = compare(submitted, sight.candidates, photo.words, faults(photo, sight))
    return Comparison.model_validate(
        {
            **result.model_dump(),
            "reasons": (*result.reasons, *notes(request, photo)),
            "photo_id": request.photo_id,
            "reader": sight.reader,
            "accept": photo_reading.accepted(sight.candidates[0] if sight.candidates else None),
            "figures": sight.figures,
            "content_hash": photo.fingerprint.content if photo.fingerprint else None,
        }
    ).payload()


def faults(photo: PhotoRow, sight: Sight) -> tuple[str, ...]:
    """The picture's faults. Where the register stands is known now, so its own place is what counts, not the rest."""
    if photo.measures is None or sight.corners is None:
        return photo.reasons
    whole = set(picture.faults(photo.measures))
    others = [reason for reason in photo.reasons if reason not in whole]
    return (*picture.faults_at(photo.measures, sight.corners), *others)


def notes(request: CompareReadingInput, photo: PhotoRow) -> tuple[str, ...]:
    """What is worth saying and decides nothing: the camera's clock says that the photo is older than the reading."""
    tolerance = timedelta(hours=picture.limits().old_after_hours)
    old = request.taken_at is not None and is_old(photo.photographed_at, request.taken_at, tolerance)
    return (PHOTO_OLD,) if old else ()
