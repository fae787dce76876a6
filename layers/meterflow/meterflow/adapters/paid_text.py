"""Rekognition behind what is known already and what may be spent: the only way to a paid call.

First the words kept by the content of the copy, then the month's budget, then the call, then the words are kept. Dying
before the call costs one image of the budget and no money; dying after it, before the words are kept, lets the call be
paid once more, and the budget counts that too.
"""

from dataclasses import dataclass
from datetime import datetime

from meterflow.adapters import image_budget, photo_texts, rekognition
from meterflow.adapters.photo_texts import Text
from meterflow.errors import NotBilled, TransientError


@dataclass(frozen=True)
class Answer:
    """`text` where there is one, known or paid. `busy`: an equal photo is being paid for right now. `spent`: the
    month's budget is gone and nobody called. `images` is the month's count where this call was counted."""

    text: Text | None = None
    busy: bool = False
    spent: bool = False
    images: int | None = None


def read(kept_key: str, aspect: float, content_hash: str | None, holder: str, most: int, now: datetime) -> Answer:
    """The words of a kept copy, paid for at most once for equal bytes and never beyond `most` images a month.

    Raises TransientError where the service or a table is down.
    """
    if content_hash:
        known = photo_texts.claim(content_hash, holder, now)
        if isinstance(known, Text):
            return Answer(text=known)
        if known == "BUSY":
            return Answer(busy=True)
    images = image_budget.claim_image(most, now)
    if images is None:
        if content_hash:
            photo_texts.release(content_hash, holder)
        return Answer(spent=True)
    try:
        words, refusal = rekognition.detect_text(kept_key, aspect)
    except NotBilled as error:
        image_budget.give_back(now)
        raise TransientError(str(error)) from error
    text = Text(tuple(words), refusal)
    if content_hash:
        photo_texts.keep(content_hash, text)
    return Answer(text=text, images=images)
