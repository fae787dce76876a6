"""What was read on a photo, by whom, and what it means once the meter is known.

Two readers stand behind one port. Rekognition gives words, in which `register` looks for the row of figures. The open
reader gives a lattice: for every place of the register the odds of each figure, which `digits` decodes together with
the meter's digits, decimals and last value. A photo is read once, often before the meter is known; the words and the
lattice are kept, and the candidates are made of them when the submission comes.

Where both read, they are two witnesses:
- They agree on the figures: the odds rise to 1 - (1 - p)(1 - c / 2). Rekognition's confidence c is not calibrated, so
  it counts half; the open reader's odds p count whole.
- They disagree: the odds of each fall to half of the weaker one, which is below what is believed, so a person looks.
- One says nothing, or nothing that it is sure of: the other's word stands as it is.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from meterflow import calibration, register
from meterflow import digits as joint
from meterflow.reading import Figure
from meterflow.register import Candidate, Point, Word

READERS = ("rekognition", "open", "both")
REKOGNITION, OPEN, BOTH = READERS
READERS_DISAGREE = "readers_disagree"
# A candidate of Rekognition's that is less sure says nothing, neither for nor against the open reader.
HEARD = 0.5
# Odds of the open reader's under these are a guess, and a guess contradicts nobody.
GUESSED = 0.2
# What keeps a reading from being accepted without a person, however sure its figures are.
NEVER_ACCEPTED = frozenset({"cut_off", "decimals_not_seen", "point_not_seen", READERS_DISAGREE})
# Nothing that is read is quite certain.
CERTAIN = 0.999
# More ways to read one lattice are not worth keeping.
MOST_CANDIDATES = 5


class LatticePlace(BaseModel):
    """One place of a register, as `digits.Place`: 21 odds of its signs, that a figure stands here, that it is a
    decimal."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    symbols: tuple[float, ...]
    there: float = 1.0
    decimal: float = 0.5


class Calibration(BaseModel):
    """The open reader's calibration as it was when the photo was read: `weights` of the evidence's terms, and the odds
    from which a reading is believed (`accept`)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    weights: tuple[float, ...]
    accept: float


class Lattice(BaseModel):
    """What the open reader saw: `points` are the odds of a visible point before each place, `corners` the register's
    in reading order and in photo heights. `strip`, `agreement` and `located` are its evidence beside the figures
    (`open_reader.read.Evidence`), `reasons` what it found against the place (cut_off)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    places: tuple[LatticePlace, ...]
    points: tuple[float, ...] = ()
    corners: tuple[Point, Point, Point, Point] | None = None
    strip: float
    agreement: float
    located: float
    reasons: tuple[str, ...] = ()
    calibration: Calibration


@dataclass(frozen=True)
class Meter:
    """What is known of the meter: wheels before and after the point, its number, the last accepted value."""

    digits: int | None = None
    decimals: int | None = None
    serial_number: str | None = None
    previous: str | None = None


@dataclass(frozen=True)
class Sight:
    """The possible readings, likeliest first, who read them, the best one's figures and where the register stands."""

    candidates: tuple[Candidate, ...]
    reader: str | None
    figures: tuple[Figure, ...] = ()
    corners: tuple[Point, Point, Point, Point] | None = None


def look(words: Sequence[Word], aspect: float, lattice: Lattice | None, meter: Meter) -> Sight:
    """The candidates of both readers for this meter, put together."""
    by_words = register.find(words, aspect, meter.digits, meter.decimals, meter.serial_number)
    by_lattice, figures = _decode(lattice, meter)
    if not by_lattice:
        return Sight(tuple(by_words), REKOGNITION if words else None, (), corners_of(words, by_words))
    corners = lattice.corners if lattice else None
    if not by_words or by_words[0].confidence < HEARD:
        return Sight(tuple(by_lattice), OPEN, figures, corners)
    agreed = any(_agree(by_lattice[0], one) for one in by_words)
    if by_lattice[0].confidence < GUESSED and not agreed:
        return Sight(tuple(by_words), REKOGNITION, (), corners_of(words, by_words))
    return Sight(_together(by_lattice, by_words), BOTH, figures, corners or corners_of(words, by_words))


def _decode(lattice: Lattice | None, meter: Meter) -> tuple[list[Candidate], tuple[Figure, ...]]:
    if lattice is None or not lattice.places:
        return [], ()
    readings = joint.decode(
        [joint.Place(place.symbols, place.there, place.decimal) for place in lattice.places],
        list(lattice.points) or None,
        meter.digits,
        meter.decimals,
        Decimal(meter.previous) if meter.previous is not None else None,
        limit=MOST_CANDIDATES,
    )
    if not readings:
        return [], ()
    best = readings[0]
    odds = calibrated(lattice, best)
    # What the first one leaves is the others'.
    share = (1 - odds) / max(1 - best.odds, 1e-6)
    candidates = [
        Candidate(
            one.text,
            round(min(odds if one is best else one.odds * min(1.0, share), CERTAIN), 4),
            tuple(dict.fromkeys((*one.reasons, *lattice.reasons))),
            least=lattice.calibration.accept,
        )
        for one in readings
    ]
    return candidates, tuple(_figure(one) for one in best.figures)


def calibrated(lattice: Lattice, best: joint.Reading) -> float:
    """The chance that the whole reading is right: as the reader itself says it. Decoded
    with the meter at hand, the odds of the figures are others, and so is the chance."""
    weakest = min((figure.odds for figure in best.figures), default=0.0)
    evidence = calibration.terms(min(1.0, best.odds), weakest, lattice.strip, lattice.agreement, lattice.located)
    return calibration.chance(lattice.calibration.weights, evidence)


def _figure(seen: joint.Figure) -> Figure:
    others = tuple((str(figure), round(odds, 4)) for figure, odds in seen.alternatives)
    return Figure(symbol=str(seen.figure), odds=round(seen.odds, 4), alternatives=others)


def _together(by_lattice: Sequence[Candidate], by_words: Sequence[Candidate]) -> tuple[Candidate, ...]:
    best = by_lattice[0]
    witness = max((one.confidence for one in by_words if _agree(best, one)), default=0.0)
    if witness >= HEARD:
        sure = min(CERTAIN, 1 - (1 - best.confidence) * (1 - witness / 2))
        return (replace(best, confidence=round(sure, 4)), *by_lattice[1:])
    doubt = round(min(best.confidence, by_words[0].confidence) / 2, 4)
    return tuple(
        replace(one, confidence=min(one.confidence, doubt), reasons=(*one.reasons, READERS_DISAGREE))
        for one in (best, by_words[0])
    )


def _agree(one: Candidate, other: Candidate) -> bool:
    """Whether both show the same number, to the places that both show."""
    places = min(_places(one.reading), _places(other.reading))
    scale = Decimal(10) ** places
    return math.floor(Decimal(one.reading) * scale) == math.floor(Decimal(other.reading) * scale)


def _places(text: str) -> int:
    return len(text.partition(".")[2])


def accepted(best: Candidate | None) -> bool | None:
    """Whether the best candidate is sure enough to be taken without a person; None where no calibration says so."""
    if best is None or best.least is None:
        return None
    return best.confidence >= best.least and not NEVER_ACCEPTED.intersection(best.reasons)


def corners_of(words: Sequence[Word], candidates: Sequence[Candidate]) -> tuple[Point, Point, Point, Point] | None:
    """The corners of the row of words that the likeliest candidate is made of, in reading order."""
    if not candidates or not candidates[0].words:
        return None
    first, last = words[candidates[0].words[0]], words[candidates[0].words[-1]]
    return (first.corners[0], last.corners[1], last.corners[2], first.corners[3])
