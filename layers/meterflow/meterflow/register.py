"""Find a meter's register among the words that an OCR service saw on its photo.

The register is a row of figures, often in several pieces (one for each wheel, or black and red wheels apart). It is
told from serial numbers, ratings, years and the like by what stands beside it, by its length against the meter's
digits and decimals, by its height against the other text, and by its place. Nothing here trusts the words: they may be
anything that somebody painted on a photo.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]

# Letters that OCR takes for figures and the other way round, in the direction that we undo.
CONFUSED = {"O": "0", "o": "0", "Q": "0", "D": "0", "I": "1", "l": "1", "|": "1", "S": "5", "B": "8", "Z": "2"}
CONFUSED_FACTOR = 0.8
# A wheel to the right of those that the meter is read by.
FURTHER_FACTOR = 0.9
# No register shows more figures after its point.
MOST_DECIMALS = 4

UNITS = r"(?:m3|m³|m|kwh|mwh|gj|kw|h|l)"
_UNIT = re.compile(UNITS, re.IGNORECASE)
_TRAILING_UNIT = re.compile(rf"(?<=[0-9]){UNITS}\Z", re.IGNORECASE)
_FIGURES = re.compile(r"[0-9OoQDIl|SBZ]+(?:[.,][0-9OoQDIl|SBZ]*)?")
# "0,0001": what one turn of a dial is worth, beside "m³" on most water meters.
_DIAL_STEP = re.compile(r"0[.,]?0*1")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
# The number of pulses for a unit stands alone, with "imp/kWh" to its right or below it.
_PULSES = re.compile(r"imp|/k?wh|/m", re.IGNORECASE)

# Without a meter at hand a register has at least and at most so many figures.
FEWEST_FIGURES, MOST_FIGURES = 4, 10
# Bounds of "one row", in heights of its figures. Wheels stand about half a height apart.
WIDEST_GAP, DEEPEST_OVERLAP, MOST_OFFSET = 1.3, 0.5, 0.4
# A lone wheel's box is often tighter than its neighbours'.
LEAST_HEIGHT_RATIO, MOST_TILT_DEGREES = 0.55, 15.0
# A neighbour this close belongs to the figures: a label before them, a unit after them.
NEIGHBOUR_GAP = 1.6
# Figures lower than this share of the photo's tallest text are hardly the register.
REGISTER_HEIGHT_SHARE = 0.7
EDGE = 0.01
MOST_WORDS = 100


@dataclass(frozen=True)
class Word:
    """One word as the OCR saw it: `confidence` in 0..1; `corners` in reading order (start top, end top, end bottom,
    start bottom), in units of the photo's height, so that both axes are alike."""

    text: str
    confidence: float
    corners: tuple[Point, Point, Point, Point]


@dataclass(frozen=True)
class Candidate:
    """A possible reading: a decimal string as seen (leading zeros kept), how sure it is (0..1), and what speaks
    against it. `words` are the indexes of the words it is made of. `least` is how sure it must be to be believed,
    where its reader is calibrated; None for words, whose bound `comparison` sets."""

    reading: str
    confidence: float
    reasons: tuple[str, ...] = ()
    words: tuple[int, ...] = ()
    least: float | None = None


@dataclass(frozen=True)
class _Piece:
    """A word with its geometry and, where it can be figures, the figures: `text` has at most one point."""

    index: int
    word: Word
    start: Point
    end: Point
    height: float
    angle: float
    text: str | None
    swaps: int

    @property
    def centre(self) -> Point:
        return ((self.start[0] + self.end[0]) / 2, (self.start[1] + self.end[1]) / 2)


def find(
    words: Sequence[Word],
    aspect: float,
    digits: int | None = None,
    decimals: int | None = None,
    serial_number: str | None = None,
) -> list[Candidate]:
    """The possible readings on a photo, the likeliest first; an empty list where there is none.

    `aspect` is the photo's width over its height. `digits` wheels stand before the point and `decimals` after it; where
    the meter is not known (None), a reading without a visible point counts as whole. Figures that equal
    `serial_number` are left out.
    """
    pieces = [_piece(index, word) for index, word in enumerate(words[:MOST_WORDS])]
    tallest = max((piece.height for piece in pieces if len(piece.word.text) > 1), default=0.0)
    found: dict[str, Candidate] = {}
    for row in _rows([piece for piece in pieces if piece.text is not None]):
        if _is_something_else(row, pieces, serial_number):
            continue
        sureness = _sureness(row, tallest, aspect)
        cut = row[0].start[0] <= EDGE or row[-1].end[0] >= aspect - EDGE
        for reading, factor, reason in _placements("".join(piece.text or "" for piece in row), digits, decimals):
            reasons = tuple(part for part in (reason, "cut_off" if cut else None) if part)
            if cut:
                # A row at the photo's edge that has every figure is whole; any other may go on outside.
                factor *= 0.9 if factor >= 1 and digits is not None else 0.5
            confidence = round(max(0.0, min(1.0, sureness * factor)), 3)
            if reading not in found or found[reading].confidence < confidence:
                found[reading] = Candidate(reading, confidence, reasons, tuple(piece.index for piece in row))
    return sorted(found.values(), key=lambda candidate: -candidate.confidence)


def _piece(index: int, word: Word) -> _Piece:
    a, b, c, d = word.corners
    start, end = _middle(a, d), _middle(b, c)
    height = max((math.dist(a, d) + math.dist(b, c)) / 2, 1e-6)
    text, swaps = _figures(word.text)
    return _Piece(index, word, start, end, height, math.atan2(end[1] - start[1], end[0] - start[0]), text, swaps)


def _middle(one: Point, other: Point) -> Point:
    return ((one[0] + other[0]) / 2, (one[1] + other[1]) / 2)


def _figures(text: str) -> tuple[str | None, int]:
    """The figures that `text` stands for and how many letters were taken for figures, or None where it is a word."""
    bare = _TRAILING_UNIT.sub("", text.strip())
    if not bare.isascii() or not _FIGURES.fullmatch(bare):
        return None, 0
    swaps = sum(sign in CONFUSED for sign in bare)
    if swaps >= sum(sign.isdigit() for sign in bare):
        return None, 0
    return "".join(CONFUSED.get(sign, sign) for sign in bare).replace(",", "."), swaps


def _gap(left: _Piece, right: _Piece) -> float | None:
    """The blank between two pieces of one row in heights, or None where the second does not continue the first."""
    height = max(left.height, right.height)
    if min(left.height, right.height) < LEAST_HEIGHT_RATIO * height:
        return None
    if abs(math.degrees(math.remainder(left.angle - right.angle, math.tau))) > MOST_TILT_DEGREES:
        return None
    gap, offset = _step(left, right, height)
    return gap if offset <= MOST_OFFSET and gap >= -DEEPEST_OVERLAP else None


def _step(left: _Piece, right: _Piece, height: float) -> tuple[float, float]:
    """How far `right` starts after the end of `left` along its direction, and how far beside it, in heights."""
    cos, sin = math.cos(left.angle), math.sin(left.angle)
    dx, dy = right.start[0] - left.end[0], right.start[1] - left.end[1]
    return (dx * cos + dy * sin) / height, abs(dy * cos - dx * sin) / height


def _rows(pieces: Sequence[_Piece]) -> list[list[_Piece]]:
    """The pieces joined to rows: each with the nearest that continues it."""
    links = sorted(
        (gap, one, other)
        for one, left in enumerate(pieces)
        for other, right in enumerate(pieces)
        if one != other and (gap := _gap(left, right)) is not None and gap <= WIDEST_GAP
    )
    after: dict[int, int] = {}
    before: dict[int, int] = {}
    for _, one, other in links:
        if one not in after and other not in before and _chain(other, after)[-1] != one:
            after[one], before[other] = other, one
    return [[pieces[at] for at in _chain(first, after)] for first in range(len(pieces)) if first not in before]


def _chain(first: int, after: dict[int, int]) -> list[int]:
    chain = [first]
    while chain[-1] in after:
        chain.append(after[chain[-1]])
    return chain


def _is_something_else(row: Sequence[_Piece], pieces: Sequence[_Piece], serial_number: str | None) -> bool:
    """Whether the row is a serial number, a rating, a dial's step, a date or a count of pulses: never a reading."""
    text = "".join(piece.text or "" for piece in row)
    figures = text.replace(".", "")
    if text.count(".") > 1 or _DIAL_STEP.fullmatch(text) or _YEAR.fullmatch(text):
        return True
    if serial_number and figures == re.sub(r"[^0-9]", "", serial_number):
        return True
    inside = {piece.index for piece in row}
    others = [piece for piece in pieces if piece.index not in inside]
    return any(_labels(other, row) for other in others) or any(_counts_pulses(other, row) for other in others)


def _labels(other: _Piece, row: Sequence[_Piece]) -> bool:
    """Whether `other` stands right beside the row and is not a unit: "No.", "Qmax", "(India)", "11/13"."""
    text = other.word.text.strip(" .:;,*|°^'\"")
    if len(text) < 2 or _UNIT.fullmatch(text) or (other.text is not None and "/" not in text):
        return False
    before, after = _gap(other, row[0]), _gap(row[-1], other)
    return any(gap is not None and gap <= NEIGHBOUR_GAP for gap in (before, after))


def _counts_pulses(other: _Piece, row: Sequence[_Piece]) -> bool:
    """Whether `other` is the "imp/kWh" to the right of the row or right below it."""
    if not _PULSES.search(other.word.text):
        return False
    height = max(piece.height for piece in row)
    if other.height < LEAST_HEIGHT_RATIO * height:
        return False
    below = other.centre[1] - row[0].centre[1]
    overlaps = other.start[0] < row[-1].end[0] and other.end[0] > row[0].start[0]
    gap, offset = _step(row[-1], other, height)
    return (0 < below <= 2.5 * height and overlaps) or (-DEEPEST_OVERLAP <= gap <= 3 and offset <= 1)


def _sureness(row: Sequence[_Piece], tallest: float, aspect: float) -> float:
    """How sure the row is as such, 0..1: what the OCR says of its figures, its height, its place, letters undone."""
    figures = sum(len(piece.word.text) for piece in row)
    seen = sum(piece.word.confidence * len(piece.word.text) for piece in row) / figures
    height = sum(piece.height for piece in row) / len(row)
    tall = min(1.0, height / (REGISTER_HEIGHT_SHARE * tallest)) if tallest else 1.0
    x, y = _middle(row[0].start, row[-1].end)
    off_centre = min(1.0, math.hypot(x / aspect - 0.5, y - 0.5) * math.sqrt(2))
    swaps = sum(piece.swaps for piece in row)
    return seen * tall * (1 - 0.15 * off_centre) * CONFUSED_FACTOR**swaps


def _placements(text: str, digits: int | None, decimals: int | None) -> list[tuple[str, float, str | None]]:
    """Where the point can stand in `text`: (reading, factor 0..1, what is missing) for each way."""
    whole, point, fraction = text.partition(".")
    count = len(whole) + len(fraction)
    if digits is None or decimals is None:
        if not FEWEST_FIGURES <= count <= MOST_FIGURES or not whole:
            return []
        return _half_known(whole, fraction, bool(point), digits, decimals)
    if point and fraction:
        return _with_point(whole, fraction, digits, decimals)
    return _without_point(whole, digits, decimals)


def _half_known(
    whole: str, fraction: str, point: bool, digits: int | None, decimals: int | None
) -> list[tuple[str, float, str | None]]:
    """At least one of the meter's two counts is not known."""
    if not point and digits is None and decimals is not None:
        cut = len(whole) - decimals
        return [(_number(whole[:cut], whole[cut:]), 0.8 if decimals else 1.0, "point_not_seen" if decimals else None)]
    if not point and digits is not None and len(whole) >= digits:
        further = len(whole) > digits
        return [
            (_number(whole[:digits], whole[digits:]), 0.8 if further else 1.0, "point_not_seen" if further else None)
        ]
    if digits is not None and len(whole) > digits:
        return []
    if not point:
        return [(whole, 0.8 if digits is None else 0.5, "point_not_seen" if digits is None else "digits_missing")]
    if decimals is not None and len(fraction) < decimals:
        return [(_number(whole, fraction), 0.5, "digits_missing")]
    return [(_number(whole, fraction if decimals is None else fraction[:decimals]), 1.0, None)]


def _with_point(whole: str, fraction: str, digits: int, decimals: int) -> list[tuple[str, float, str | None]]:
    """A visible point settles the places; a display may leave leading zeros out."""
    if not 0 < len(whole) <= digits:
        return []
    if len(fraction) < decimals:
        return [(_number(whole, fraction), 0.5, "digits_missing")]
    return [(_number(whole, fraction[:decimals]), 1.0, None)]


def _without_point(figures: str, digits: int, decimals: int) -> list[tuple[str, float, str | None]]:
    """As many figures as the register has wheels are clear. More are further wheels on the right, the less likely the
    more they are. Fewer can be missing on either side: both ways are kept, and neither is sure."""
    count, wheels = len(figures), digits + decimals
    if count == wheels:
        return [(_number(figures[:digits], figures[digits:]), 1.0, None)]
    if wheels < count <= max(digits + MOST_DECIMALS, wheels + 1):
        return [
            (_number(figures[:digits], figures[digits:wheels]), FURTHER_FACTOR ** (count - wheels), "further_wheel")
        ]
    if count > wheels or count < max(3, wheels - 2):
        return [(_number(figures, ""), 0.5, "decimals_not_seen")] if count == digits and count >= 3 else []
    from_left = (_number(figures[:digits], figures[digits:]), 0.5, "digits_missing")
    cut = count - decimals
    from_right = (_number(figures[:cut], figures[cut:]), 0.5, "digits_missing")
    return [from_left, from_right] if cut > 0 else [from_left]


def _number(whole: str, fraction: str) -> str:
    return f"{whole}.{fraction}" if fraction else whole
