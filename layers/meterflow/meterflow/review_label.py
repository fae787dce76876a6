"""Labels: what a decided review teaches the reader. docs/labels.md describes the file for whoever trains with it.

Who sent the photo and why it was corrected are left out; who decided is a pseudonym, so that one labeller's work can be
weighed or left out without saying who it is.
"""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict

from meterflow import ids
from meterflow.meter import Meter
from meterflow.reading import parse_value
from meterflow.register import Word
from meterflow.review_decision import Agreement

# Grows when a field changes its meaning; new fields alone do not count.
VERSION = 2

SeenWord = tuple[str, float, tuple[tuple[float, float], ...]]


class Label(BaseModel):
    """One decided review. `photo_key` is the cleaned copy in the photos bucket, `sha256` its bytes' hash.

    `label` is what the register shows, as decided; `wheels` is the same written out to all the figures of the register,
    None where the register cannot show it. `seen` is what the reader read, with `confidence` and `verdict`. `located`
    is where the reader looked, right or not; corners are in photo heights.
    """

    model_config = ConfigDict(frozen=True)

    version: int = VERSION
    submission_id: str
    meter_id: str
    photo_key: str | None
    photo_version: str | None
    sha256: str | None
    aspect: float | None
    words: tuple[SeenWord, ...]
    located: tuple[tuple[float, float], ...] | None = None
    kind: str | None = None
    unit: str | None = None
    digits: int | None = None
    decimals: int | None = None
    seen: str | None
    confidence: Decimal | None
    verdict: str
    reasons: tuple[str, ...]
    submitted: str
    label: str
    agreement: Agreement
    decided_by: str
    decided_at: str
    audit: bool

    def to_bytes(self) -> bytes:
        """The file: one line of JSON, the same bytes for the same decision."""
        document = self.model_dump(mode="json") | {"wheels": self.wheels, "corners": self.corners}
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()

    @property
    def wheels(self) -> str | None:
        """The figures of all the register's wheels, left to right, as far as the decision names them: places that the
        reviewer left out are not made up. None where digits are unknown or the value does not fit."""
        if self.digits is None or parse_value(self.label) >= Decimal(10) ** self.digits:
            return None
        whole, _, fraction = self.label.partition(".")
        return f"{int(whole):0{self.digits}d}{fraction}"

    @property
    def corners(self) -> tuple[tuple[float, float], ...] | None:
        """The corners of the register, where the reader read exactly what was decided: there it looked rightly."""
        if self.located and self.seen and parse_value(self.seen) == parse_value(self.label):
            return self.located
        for text, _, corners in self.words:
            if self.wheels and "".join(sign for sign in text if sign.isdigit()) == self.wheels:
                return corners
        return None


def words_of(words: Sequence[Word]) -> tuple[SeenWord, ...]:
    """What the reader saw, with the confidence and corners of each."""
    return tuple((word.text, word.confidence, word.corners) for word in words)


def facts_of(meter: Meter | None) -> dict[str, Any]:
    """What a label says of the meter; nothing where it is gone."""
    if meter is None:
        return {}
    return {"kind": meter.kind.value, "unit": meter.unit, "digits": meter.digits, "decimals": meter.decimals}


def pseudonym(user_id: str) -> str:
    """The same name for the same person in every label, and another one than their user id."""
    return ids.derived_id("labeller", user_id)
