"""Compare what a person submitted with what the photo of the meter shows.

MATCH needs the figures themselves: a candidate that is sure enough and equal to the submitted value. Everything else
goes to a person, because a wrong bill is worse than a second look.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Decimal

from meterflow.photo import Fault
from meterflow.reading import PhotoResult, figures, parse_value
from meterflow.register import Candidate, Word

# Below this a candidate says nothing, neither for nor against. Set on the development photos: rows that lack a figure
# reach 0.5, figures that OCR makes up on a photo standing on its head 0.67, whole rows 0.85 and more.
SURE = 0.75
# A match counts only when its candidate is nearly as sure as the best one.
NEARLY = 0.8
# A reading below the meter's last one is more likely misread than true (or the register has turned over).
BELOW_PREVIOUS_FACTOR = 0.6
# The figures of a serial number that must be seen this clearly before they speak of another meter ...
CLEAR_WORD = 0.9
SHORTEST_SERIAL = 6
# ... and in so many places, because OCR mistakes one or two.
DIFFERENT_PLACES = 3


@dataclass(frozen=True)
class Submitted:
    """What the comparison knows of the submission: `value` and `previous_value` are decimal strings of the meter's
    register, `serial_number` is the meter's as registered."""

    value: str
    previous_value: str | None = None
    serial_number: str | None = None


def compare(
    submitted: Submitted, candidates: Sequence[Candidate], words: Sequence[Word], faults: Sequence[str] = ()
) -> PhotoResult:
    """The photo's verdict on a submitted value.

    - UNREADABLE where no candidate is sure; `faults` (what was wrong with the picture) and what is missing say why.
    - MISMATCH where another meter's serial number is seen, or a sure candidate shows another value.
    - MATCH where a sure candidate equals the value to the places that were submitted ("6376" equals 06376.341: people
      leave the red wheels out). The last wheel may be turning, and then two people read two figures: a difference of
      one step of the last wheel behind the point still matches and says so. A wheel before the point is what is billed
      and has no such tolerance.

    Raises ValueError where a submitted value is no decimal string.
    """
    ranked = sorted((_weighed(one, submitted) for one in candidates), key=lambda one: -one.confidence)
    best = ranked[0] if ranked else None
    if best is None or best.confidence < _least(best):
        missing = best.reasons if best else (Fault.NO_METER.value,)
        reasons = _unique([*faults, *missing]) or ("not_sure",)
        return _result("UNREADABLE", best, reasons)
    used = set(best.words)
    if other_serial_seen(submitted.serial_number, [word for at, word in enumerate(words) if at not in used]):
        return _result("MISMATCH", best, (Fault.WRONG_METER.value,))
    for one in ranked:
        if one.confidence < max(_least(one), NEARLY * best.confidence):
            break
        difference = _difference(submitted.value, one.reading)
        if difference == 0:
            return _result("MATCH", one, ())
        if difference == _last_wheel(submitted.value, one.reading):
            return _result("MATCH", one, ("last_digit_turning",))
    return _result("MISMATCH", best, _unique(["digits_differ", *best.reasons, *faults]))


def _weighed(candidate: Candidate, submitted: Submitted) -> Candidate:
    previous = submitted.previous_value
    if previous is None or parse_value(candidate.reading) >= _cut(parse_value(previous), _places(candidate.reading)):
        return candidate
    if candidate.least is not None:
        # Its odds have the meter's history in them already.
        return replace(candidate, reasons=(*candidate.reasons, "below_previous"))
    confidence = round(candidate.confidence * BELOW_PREVIOUS_FACTOR, 3)
    return replace(candidate, confidence=confidence, reasons=(*candidate.reasons, "below_previous"))


def _least(candidate: Candidate) -> float:
    """How sure a candidate must be to be believed: its reader's calibrated bound, or ours for words."""
    return SURE if candidate.least is None else candidate.least


def _difference(value: str, reading: str) -> Decimal:
    """How far the two lie apart, in the meter's unit, the reading cut to the places that were submitted.

    Places that were submitted and are not on the photo stay, so a claim beyond what is seen is a difference.
    """
    return abs(parse_value(value) - _cut(parse_value(reading), min(_places(value), _places(reading))))


def _last_wheel(value: str, reading: str) -> Decimal | None:
    """One step of the last wheel, where it stands behind the point and both show it; else None."""
    places = _places(reading)
    return Decimal(1).scaleb(-places) if 0 < places == _places(value) else None


def _places(text: str) -> int:
    return figures(text)[1]


def _cut(number: Decimal, places: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_DOWN)


def other_serial_seen(serial_number: str | None, words: Sequence[Word]) -> bool:
    """Whether a clear word has the form of the meter's serial number and is another number, the meter's own nowhere.

    The form is the serial number with any figure for a figure and any letter for a letter, so it holds for meters of
    the same make alone. Serial numbers shorter than six signs are too common among a face's numbers to tell.
    """
    own = _plain(serial_number or "")
    if len(own) < SHORTEST_SERIAL or not any(sign.isdigit() for sign in own):
        return False
    form = re.compile("".join("[0-9]" if s.isdigit() else "[A-Z]" if s.isalpha() else re.escape(s) for s in own))
    seen = [text for word in words if word.confidence >= CLEAR_WORD and form.fullmatch(text := _plain(word.text))]
    differences = [sum(a != b for a, b in zip(own, text, strict=True)) for text in seen]
    return bool(differences) and min(differences) >= DIFFERENT_PLACES


def _plain(text: str) -> str:
    return re.sub(r"[\s.\-_/]", "", text).upper()


def _unique(reasons: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(reason) for reason in reasons))


def _result(verdict: str, candidate: Candidate | None, reasons: Sequence[str]) -> PhotoResult:
    return PhotoResult.model_validate(
        {
            "verdict": verdict,
            "reading": candidate.reading if candidate else None,
            "confidence": candidate.confidence if candidate else 0.0,
            "reasons": tuple(reasons),
        }
    )
