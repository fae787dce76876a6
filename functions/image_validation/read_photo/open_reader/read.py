"""Read the register of a meter in a photo: find it, look at it, decode it, and say how sure that is."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import pairwise
from statistics import median
from typing import TypeAlias

from PIL import Image

from meterflow.calibration import chance, terms
from meterflow.digits import Figure, Place, decode
from meterflow.digits import Reading as Decoded

from .locate import locate
from .recognise import CUT, FIRST_VIEW, MORE_VIEWS, NO_REGISTER, SIDE, UPRIGHT, UPSIDE_DOWN, Seen, along, look, outside
from .straighten import Corners, Sheet, sides, turned
from .weights import checked

MOST_CANDIDATES, READ_FULLY = 3, 2
# A first glance that promises this much settles which candidate it is.
CLEAR = 0.75
# A second candidate is read fully where it promises at least this share of the first: below, it was the right one in
# none of 434 registers and photos.
RIVAL = 0.6
# A row that ends this near to the photo's edge, in heights of the row, may go on outside.
EDGE = 0.3
LEAST_ODDS = 1e-6
# The row is fitted to its figures where it ends more than this from them, in steps from figure to figure.
MISFIT, MOST_REFITS = 0.45, 2
NEVER_ACCEPTED = frozenset({"cut_off", "decimals_not_seen", "point_not_seen"})
Odds: TypeAlias = float


@dataclass(frozen=True)
class Evidence:
    """What the odds of a reading are made of; `training/calibrate.py` fits them. Each is a share of 0..1."""

    decoded: float
    weakest: float
    strip: float
    agreement: float
    located: float

    def terms(self) -> list[float]:
        """In the form that the calibration weighs."""
        return terms(self.decoded, self.weakest, self.strip, self.agreement, self.located)


@dataclass(frozen=True)
class Reading:
    """A register as read. `value` keeps leading zeros ("02924.744"); `odds` is the calibrated chance (0..1) that all of
    it is right; `figures` has each figure's own odds, its alternatives and whether its wheel stood between two;
    `others` are the next readings with their odds; `corners` are the row's in the photo in reading order, pixels;
    `reasons` say what speaks against it: cut_off, digits_missing, decimals_not_seen, point_not_seen, further_wheel,
    no_register."""

    value: str
    odds: Odds
    figures: tuple[Figure, ...]
    others: tuple[tuple[str, Odds], ...]
    corners: Corners
    reasons: tuple[str, ...]
    # What it was decoded from: kept with the photo, and decoded anew once the meter is known (meterflow.photo_reading).
    places: tuple[Place, ...]
    points: tuple[float, ...]
    evidence: Evidence

    @property
    def between(self) -> tuple[bool, ...]:
        """Which wheels stood between two figures."""
        return tuple(figure.between for figure in self.figures)

    @property
    def accepted(self) -> bool:
        """Whether it may be taken without a person: sure enough by calibration, nothing cut off, no point guessed."""
        return self.odds >= calibration()["accept"] and not NEVER_ACCEPTED.intersection(self.reasons)


@cache
def calibration() -> dict[str, float | list[float]]:
    """Weights of the evidence and the odds from which a reading is accepted: weights/calibration.json."""
    return dict(json.loads(checked("calibration.json")))


def read(
    image: Image.Image,
    digits: int | None = None,
    decimals: int | None = None,
    previous: Decimal | None = None,
    most: Decimal | None = None,
) -> Reading | None:
    """The register's reading, or None where no register is seen. `image` is as it shall be looked at (EXIF turn
    already applied). `digits` figures before the point and `decimals` after it, `previous` the last accepted value and
    `most` what can have been counted since: each may be unknown."""
    found = [(candidate.corners, candidate.confidence) for candidate in locate(image)[:MOST_CANDIDATES]]
    return read_at(Sheet(image), found, digits, decimals, previous, most)


def read_at(
    sheet: Sheet,
    found: Sequence[tuple[Corners, float]],
    digits: int | None = None,
    decimals: int | None = None,
    previous: Decimal | None = None,
    most: Decimal | None = None,
) -> Reading | None:
    """The same where the candidates' corners and odds are known."""
    glances = []
    for corners, located in found:
        for way in (corners, turned(corners)):
            seen = _whole(sheet, way)
            if len(seen.places) >= 2:
                glances.append((_promise(seen) * (0.2 + 0.8 * located), seen, located))
        if glances and max(glances, key=lambda glance: glance[0])[0] > CLEAR:
            break
    glances.sort(key=lambda glance: -glance[0])
    best: Reading | None = None
    for promise, glance, located in glances[:READ_FULLY]:
        if promise < RIVAL * glances[0][0]:
            break
        seen = look(sheet, glance.corners, (FIRST_VIEW, *MORE_VIEWS), _side(glance))
        reading = _reading(sheet, seen, located, decode(seen.places, seen.points, digits, decimals, previous, most))
        if reading and (best is None or reading.odds > best.odds):
            best = reading
    return best


def _whole(sheet: Sheet, corners: Corners) -> Seen:
    """A first glance, and a second one at the row as its figures stand: the localiser may have left some outside."""
    seen = look(sheet, corners, (FIRST_VIEW,))
    for _ in range(MOST_REFITS):
        sure = _sure(seen)
        if len(sure) < 2:
            break
        step = median(after - before for before, after in pairwise(sure))
        start, end = sure[0] - step / 2, sure[-1] + step / 2
        cut = seen.strip[CUT] > max(0.5, seen.strip[UPSIDE_DOWN])
        if abs(start) < step * MISFIT and abs(end - 1) < step * MISFIT and not cut:
            break
        if cut:
            start, end = start - step, end + step
        seen = look(sheet, along(seen.corners, start, end), (FIRST_VIEW,), _side(seen))
    return seen


def _sure(seen: Seen) -> list[float]:
    return [at for at, place in zip(seen.along, seen.places, strict=True) if place.there > 0.5]


def _side(seen: Seen) -> float:
    """Free room on both sides that shows one more figure, if there is one, in heights of the row."""
    sure = _sure(seen)
    if len(sure) < 2:
        return SIDE
    wide, tall = sides(seen.corners)
    step = median(after - before for before, after in pairwise(sure)) * wide / max(tall, 1e-6)
    return max(SIDE, min(3.0, 1.3 * step))


def _promise(seen: Seen) -> float:
    """How much a first glance looks like a register the right way up."""
    sure = [max(place.symbols) * place.there for place in seen.places if place.there > 0.4]
    if len(sure) < 2:
        return 0.0
    return (seen.strip[UPRIGHT] + 0.7 * seen.strip[CUT] + 0.02) * (sum(sure) / len(sure)) ** 2


def _reading(sheet: Sheet, seen: Seen, located: float, decoded: list[Decoded]) -> Reading | None:
    if not decoded:
        return None
    first = decoded[0]
    reasons = list(first.reasons)
    if _is_cut(sheet, seen):
        reasons.append("cut_off")
    if seen.strip[NO_REGISTER] > 0.5:
        reasons.append("no_register")
    evidence = evidence_of(seen, located, first)
    odds = calibrated(evidence)
    # What the first one leaves is the others'.
    share = (1 - odds) / max(1 - first.odds, LEAST_ODDS)
    others = tuple((other.text, round(other.odds * min(1.0, share), 4)) for other in decoded[1:])
    return Reading(
        first.text,
        odds,
        first.figures,
        others,
        seen.corners,
        tuple(reasons),
        tuple(seen.places),
        tuple(seen.points),
        evidence,
    )


def evidence_of(seen: Seen, located: float, first: Decoded) -> Evidence:
    weakest = min(figure.odds for figure in first.figures)
    upright = seen.strip[UPRIGHT] + seen.strip[CUT]
    return Evidence(min(1.0, first.odds), weakest, upright, seen.agreement, located)


def calibrated(evidence: Evidence) -> Odds:
    """The chance that the whole reading is right."""
    weights = calibration()["weights"]
    assert isinstance(weights, list)
    return chance(weights, evidence.terms())


def _is_cut(sheet: Sheet, seen: Seen) -> bool:
    """Whether the row of figures ends at the photo's edge: its first or last figure may be missing."""
    height = sides(seen.corners)[1]
    a, b, c, d = seen.corners
    ends = []
    for share in (seen.along[0], seen.along[-1]):
        top = (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share)
        foot = (d[0] + (c[0] - d[0]) * share, d[1] + (c[1] - d[1]) * share)
        ends.append(((top[0] + foot[0]) / 2, (top[1] + foot[1]) / 2))
    return any(outside(end, sheet.image.size, (0.5 + EDGE) * height) for end in ends)
