"""CheckPhoto: refuse files that are no photo of ours, keep a clean copy of the others, and measure the picture.

The copy holds the pixels alone: EXIF with its place and phone, colour profiles, comments and thumbnails stay behind.
Of all that, only the camera's time is looked at, to compare it with the claimed one.
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from photo_file import decode, encode, photographed_at
from pixels import crops, measure

from meterflow import photo, picture
from meterflow.adapters import photos, validation_results
from meterflow.contracts.image_validation import CheckPhotoInput, CheckPhotoResult
from meterflow.fingerprint import fingerprint
from meterflow.observability import step
from meterflow.photo import Fault


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """What is wrong with the file is data: no retry makes a photo out of it."""
    request = CheckPhotoInput.model_validate(event)
    version = request.version or photos.newest_version(request.photo_key)
    content = photos.get_upload(request.photo_key, version) if version else None
    if version is None or content is None:
        return unusable(Fault.PHOTO_MISSING)
    kind = photo.content_type_of(content)
    if kind is None:
        return unusable(Fault.WRONG_TYPE if content else Fault.CORRUPT)
    decoded = Fault.TOO_LARGE if len(content) > photo.MAX_BYTES else decode(content)
    if isinstance(decoded, Fault):
        return unusable(decoded)
    copy = encode(decoded, kind)
    kept_key = photo.kept_key(request.photo_key, version, kind)
    photos.put_kept(kept_key, copy, kind)
    measures = measure(decoded)
    mark = fingerprint(copy, crops(decoded))
    if request.photo_id and request.holder:
        # Beside the photo's row, not in the state: the greys are a picture, however small.
        validation_results.keep_picture(request.photo_id, request.holder, measures, mark, photographed_at(content))
    return CheckPhotoResult(
        outcome="USABLE",
        kept_key=kept_key,
        aspect=round(decoded.width / decoded.height, 4),
        content_hash=mark.content,
        reasons=picture.faults(measures),
    ).payload()


def unusable(fault: Fault) -> dict[str, Any]:
    """Nothing is kept and nothing is read."""
    return CheckPhotoResult(outcome="UNUSABLE", reasons=(fault.value,)).payload()
