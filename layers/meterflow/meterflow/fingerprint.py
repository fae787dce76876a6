"""What a photo looks like, in few numbers: to find the same picture again after it was re-encoded, resized or cropped.

Three parts, from exact to loose. `content` is the SHA-256 of the cleaned copy, so equal pixels are equal whatever EXIF
came along. `hashes` are perceptual hashes (pHash: the signs of the lowest frequencies of a discrete cosine transform;
Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010) of the whole picture and of a few
crops of it. `greys` is the picture itself, smoothed, at 32 x 32 greys: a hash finds candidates, the greys decide.

Nothing here decodes a file: who has the picture hands over greys. Decision 0031 has the measurements.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import median

SIDE = 32
# Frequencies 1 to 8 in both directions. Frequency 0 is the light on the wall, not the picture.
_FREQUENCIES = range(1, 9)
BITS = len(_FREQUENCIES) ** 2
# 64 bits in four bands of 16: two hashes that agree in a band are compared, so nothing is scanned.
BAND_BITS = 16
BANDS = BITS // BAND_BITS
# The crops that are hashed beside the whole: shares cut off at the left, top, right and bottom. A picture that was
# cropped by up to 5 % a side lies close to one of them.
CROPS: tuple[tuple[float, float, float, float], ...] = (
    (0.0, 0.0, 0.0, 0.0),
    (0.02, 0.02, 0.02, 0.02),
    (0.04, 0.04, 0.04, 0.04),
    (0.05, 0.0, 0.0, 0.0),
    (0.0, 0.05, 0.0, 0.0),
    (0.0, 0.0, 0.05, 0.0),
    (0.0, 0.0, 0.0, 0.05),
)
# The nearest hashes of two unrelated photos differ in 12 bits or more; those of one photo, re-encoded, resized or
# cropped, in 10 or less. Whoever is near is looked at more closely.
NEAR_BITS = 12
# How alike the greys of two pictures must be to be one exposure: the correlation after the best alignment. One photo,
# re-encoded, resized, cropped by up to 8 %, brighter by a fifth: 0.99 and more, all but one in a hundred 0.996. Two
# exposures by a camera on a bracket: 0.989 at most.
SAME_EXPOSURE = 0.995
# A picture without contrast has no shape: its hash is noise, and all such pictures look alike.
FLATTEST = 4.0
# The inner part that is compared, so that an edge that the alignment moves out of the picture does not count.
_RIM = 2
_STEPS = (0.04, 0.02, 0.01, 0.005)
_WIDEST = 0.16


@dataclass(frozen=True)
class Fingerprint:
    """`content`: hex of SHA-256; `hashes`: one 64-bit number for each of CROPS, empty where the picture is flat;
    `greys`: 32 x 32 grey levels (0..255), row by row."""

    content: str
    hashes: tuple[int, ...]
    greys: bytes


def fingerprint(content: bytes, crops: Sequence[bytes]) -> Fingerprint:
    """The fingerprint of a cleaned copy's bytes and of the 32 x 32 greys of its CROPS, the whole first."""
    whole = crops[0]
    hashes = () if is_flat(whole) else tuple(perceptual_hash(greys) for greys in crops)
    return Fingerprint(hashlib.sha256(content).hexdigest(), hashes, whole)


def is_flat(greys: bytes) -> bool:
    """Whether a picture has so little contrast that its hash says nothing."""
    mean = sum(greys) / len(greys)
    return math.sqrt(sum((level - mean) ** 2 for level in greys) / len(greys)) < FLATTEST


def perceptual_hash(greys: bytes) -> int:
    """The pHash of 32 x 32 greys: one bit for each of 64 low frequencies, set where it is above their median.

    Raises ValueError for another number of greys.
    """
    if len(greys) != SIDE * SIDE:
        raise ValueError(f"a hash is made of {SIDE} x {SIDE} greys")
    waves = _waves()
    rows = [
        [sum(level * factor for level, factor in zip(greys[at : at + SIDE], wave, strict=True)) for wave in waves]
        for at in range(0, SIDE * SIDE, SIDE)
    ]
    found = [
        sum(row[across] * factor for row, factor in zip(rows, wave, strict=True))
        for wave in waves
        for across in range(len(waves))
    ]
    middle = median(found)
    return sum(1 << place for place, value in enumerate(found) if value > middle)


@cache
def _waves() -> tuple[tuple[float, ...], ...]:
    """The cosines of the DCT-II for the frequencies that count."""
    return tuple(
        tuple(math.cos(math.pi * (2 * at + 1) * frequency / (2 * SIDE)) for at in range(SIDE))
        for frequency in _FREQUENCIES
    )


def distance(one: int, other: int) -> int:
    """In how many of the 64 bits two hashes differ."""
    return (one ^ other).bit_count()


def bands(number: int) -> tuple[str, ...]:
    """The names of a hash's bands, such as `2-a1f0`. Hashes that share one may be near."""
    mask = (1 << BAND_BITS) - 1
    return tuple(f"{band}-{(number >> (band * BAND_BITS)) & mask:04x}" for band in range(BANDS))


def likeness(one: bytes, other: bytes) -> float:
    """How alike two pictures of 32 x 32 greys are, -1..1, whichever is a crop of the other.

    The correlation of their greys, which no change of brightness or contrast touches, after cutting up to 16 % off
    the sides of either, as fits best. Two exposures of one scene differ in light, angle and figures; one exposure,
    re-encoded, does not.
    """
    return max(_aligned(one, other), _aligned(other, one))


def _aligned(whole: bytes, part: bytes) -> float:
    """The best correlation of `part` with a crop of `whole`, by going downhill one side at a time."""
    cut = [0.0, 0.0, 0.0, 0.0]
    best = _correlation(whole, part, cut)
    for step in _STEPS:
        moved = True
        while moved:
            moved = False
            for side in range(4):
                for change in (step, -step):
                    tried = cut.copy()
                    tried[side] = round(tried[side] + change, 4)
                    if not 0 <= tried[side] <= _WIDEST:
                        continue
                    found = _correlation(whole, part, tried)
                    if found > best + 1e-6:
                        best, cut, moved = found, tried, True
    return best


def _correlation(whole: bytes, part: bytes, cut: Sequence[float]) -> float:
    left, top, right, bottom = cut
    columns = _places(left, right)
    rows = _places(top, bottom)
    n = 0
    sum_a = sum_b = sum_aa = sum_bb = sum_ab = 0.0
    for y, (row, down) in enumerate(rows, start=_RIM):
        above, below = row * SIDE, min(row + 1, SIDE - 1) * SIDE
        for x, (column, over) in enumerate(columns, start=_RIM):
            next_column = min(column + 1, SIDE - 1)
            upper = whole[above + column] * (1 - over) + whole[above + next_column] * over
            lower = whole[below + column] * (1 - over) + whole[below + next_column] * over
            a = upper * (1 - down) + lower * down
            b = part[y * SIDE + x]
            n += 1
            sum_a += a
            sum_b += b
            sum_aa += a * a
            sum_bb += b * b
            sum_ab += a * b
    spread = math.sqrt(max(sum_aa - sum_a * sum_a / n, 0.0) * max(sum_bb - sum_b * sum_b / n, 0.0))
    return (sum_ab - sum_a * sum_b / n) / spread if spread > 0 else 0.0


def _places(before: float, after: float) -> list[tuple[int, float]]:
    """For each inner grey of the part, the whole's grey that lies there, as an index and a share of the next."""
    length = SIDE * (1 - before - after)
    found = []
    for at in range(_RIM, SIDE - _RIM):
        place = min(max(SIDE * before + (at + 0.5) * length / SIDE - 0.5, 0.0), SIDE - 1.0)
        found.append((int(place), place - int(place)))
    return found
