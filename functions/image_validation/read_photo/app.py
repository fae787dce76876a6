"""ReadPhoto: the words on the clean copy, by Rekognition, and what they could mean while the meter is not known."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import register
from meterflow.adapters import rekognition, validation_results
from meterflow.contracts.image_validation import ReadPhotoInput, ReadPhotoResult
from meterflow.observability import step
from meterflow.photo import Fault


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """A photo that the service refuses goes to a person at once; a busy service is tried again by the machine."""
    request = ReadPhotoInput.model_validate(event)
    words, refusal = rekognition.detect_text(request.kept_key, request.aspect)
    # The upload does not say which meter it shows: these are guesses, ranked anew once the meter is known.
    candidates = register.find(words, request.aspect)
    validation_results.keep_words(request.photo_id, request.holder, words, request.aspect, candidates[:5])
    if any(sign.isdigit() for word in words for sign in word.text):
        return ReadPhotoResult(outcome="READ", words=len(words), reasons=request.reasons).payload()
    reasons = (*request.reasons, refusal or Fault.NO_METER.value)
    return ReadPhotoResult(outcome="UNREADABLE", words=len(words), reasons=reasons).payload()
