"""ReadPhoto: read the clean copy once, by Rekognition, by the open reader or by both, as the deployment says.

What is read is kept with the photo's row and ranked anew once the meter is known. Rekognition costs money: equal photos
are paid for once, and when the month's budget is spent the open reader takes over.
"""

from decimal import Decimal
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock, photo_reading, settings, spending
from meterflow.adapters import paid_text, photos, validation_results
from meterflow.adapters.paid_text import Answer
from meterflow.contracts.image_validation import ReadPhotoInput, ReadPhotoResult
from meterflow.errors import NotConfigured
from meterflow.observability import metrics, step
from meterflow.photo import Fault
from meterflow.photo_reading import BOTH, OPEN, READERS, REKOGNITION, Lattice


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """A photo that the service refuses goes to a person at once; a busy service is tried again by the machine."""
    request = ReadPhotoInput.model_validate(event)
    chosen = settings.setting("PHOTO_READER")
    if chosen not in READERS:
        raise NotConfigured(f"PHOTO_READER is one of {', '.join(READERS)}")
    paid = Answer() if chosen == OPEN else pay(request)
    if paid.busy:
        return ReadPhotoResult(outcome="BUSY", reasons=request.reasons).payload()
    lattice, missing = read_openly(request.kept_key, chosen, paid.spent)
    words = paid.text.words if paid.text else ()
    # The upload does not say which meter it shows: these are guesses, ranked anew once the meter is known.
    sight = photo_reading.look(words, request.aspect, lattice, photo_reading.Meter())
    validation_results.keep_words(
        request.photo_id, request.holder, words, request.aspect, sight.candidates[:5], lattice
    )
    reasons = (*request.reasons, *((spending.BUDGET_SPENT,) if paid.spent else ()))
    reader = who_read(paid, lattice)
    figures = any(sign.isdigit() for word in words for sign in word.text)
    if figures or lattice:
        return ReadPhotoResult(outcome="READ", reader=reader, words=len(words), reasons=reasons).payload()
    refusal = paid.text.refusal if paid.text else None
    # Where nobody looked, nothing is said of the photo.
    fault = () if missing else (refusal or Fault.NO_METER.value,)
    return ReadPhotoResult(outcome="UNREADABLE", reader=reader, words=len(words), reasons=(*reasons, *fault)).payload()


def pay(request: ReadPhotoInput) -> Answer:
    """The words, from what is known or within the budget; the budget's use becomes a metric that an alarm watches."""
    most = spending.images_paid_for(
        Decimal(settings.setting("REKOGNITION_BUDGET_USD")), Decimal(settings.setting("REKOGNITION_PRICE_USD"))
    )
    now = clock.now()
    answer = paid_text.read(request.kept_key, request.aspect, request.content_hash, request.holder, most, now)
    used = most if answer.spent else answer.images
    if used is not None:
        share = spending.percent_used(used, most)
        metrics.add_metric(name="RekognitionBudgetUsed", unit=MetricUnit.Percent, value=share)
    return answer


def read_openly(kept_key: str, chosen: str, spent: bool) -> tuple[Lattice | None, bool]:
    """What the open reader sees where it is asked, and whether nobody could look.

    It is imported only then: its libraries take a second, and its weights may be left out of a deployment that reads
    by Rekognition alone. Without them it cannot take over, and photos wait for a person.
    """
    if chosen == REKOGNITION and not spent:
        return None, False
    from open_photo import lattice_of

    try:
        return lattice_of(photos.get_kept(kept_key)), False
    except NotConfigured:
        if chosen != REKOGNITION:
            raise
        return None, True


def who_read(paid: Answer, lattice: Lattice | None) -> str | None:
    """Whose word it is."""
    if paid.text is not None:
        return BOTH if lattice else REKOGNITION
    return OPEN if lattice else None
