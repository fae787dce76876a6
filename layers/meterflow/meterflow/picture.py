"""What is wrong with a meter's picture: dark, glare, blurred, too small, cut off, judged by measured numbers.

Each fault has a score that only grows as the picture gets worse, and a limit from `photo_limits.json`. The whole
picture is judged before anything is read, and more strictly the register's own place once it is known: a sharp dial in
a dark cellar is fine, a flash on the wheels of a bright photo is not. No fault refuses a photo by itself: it is read
all the same, and the faults say why it could not be.

Blur is judged against the register's height, because a soft picture of large figures reads well, and often better
than a sharp one of small figures (AI-on-the-edge-device, issue 119).
"""

import json
import math
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from meterflow.photo import Fault

# The grey picture that is measured has at most so many pixels a side, so that numbers of two photos compare ...
MEASURED_SIDE = 1024
# ... and is looked at in tiles of so many.
TILE = 32
# A grey from here on is white: the sensor could not tell more (of 255).
BLOWN = 250
# How much the picture is blurred once more to see how blurred it was, as the sigma of a Gaussian in pixels.
REBLUR = 2.0
# The share of the steepest places that stands for its sharpest edges.
SHARPEST = 0.99
# Fewer grey levels between neighbours than this are noise and no edge.
FAINTEST_EDGE = 4.0
# What a picture without an edge gets: more blurred than anything with one.
NO_EDGE = 99.0

Point = tuple[float, float]


class Limits(BaseModel):
    """When a score is a fault. Lengths are pixels of the measured picture, at most 1024 a side, shares are 0..1.

    `dark_below`: the level (0..255) that 95 % of the greys lie under; `dark_register_below`: the register's mean grey;
    `glare_*`: the share of tiles without a mark left in them; `blurred_above`: the blur's radius (sigma);
    `blurred_register_above`: the same in heights of the register; `register_height_least`: pixels of the kept copy;
    `edge`: how near to the photo's edge a corner is cut off, in photo heights; `old_after_hours`: how much older than
    the claimed time a photo may be.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    dark_below: float
    dark_register_below: float
    glare_above: float
    glare_register_above: float
    blurred_above: float
    blurred_register_above: float
    register_height_least: float
    edge: float
    old_after_hours: float


class Measures(BaseModel):
    """What was measured on the grey photo, shrunk to at most 1024 pixels a side.

    `width` and `height` are that picture's; `kept_height` is the kept copy's. `bright` is the level that 95 % of its
    greys lie under (0 black, 255 white), `blur` the radius of its sharpest edges. `columns` tiles make a row:
    `lost` has a 1 for each that is blown out whole and `greys` two hex digits for each mean.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    width: int
    height: int
    kept_height: int
    bright: float
    blur: float
    columns: int
    lost: str
    greys: str


@cache
def limits() -> Limits:
    """The limits that stand in `photo_limits.json`."""
    return Limits.model_validate_json(files("meterflow").joinpath("photo_limits.json").read_bytes())


def percentile(histogram: Sequence[int], share: float) -> float:
    """The level under which `share` of the counted values lie, between two levels where it falls within one."""
    wanted, passed = sum(histogram) * share, 0
    for level, count in enumerate(histogram):
        if count and passed + count >= wanted:
            return level + (wanted - passed) / count
        passed += count
    return float(len(histogram))


def blur_radius(edges: Sequence[int], edges_reblurred: Sequence[int]) -> float:
    """How blurred the sharpest edges are: the sigma of a Gaussian, in pixels.

    `edges` is the histogram of the differences between neighbours; `edges_reblurred` is the same after one more
    Gaussian of sigma REBLUR. An edge blurred by s becomes sqrt(s² + REBLUR²) wide and as much flatter, so the ratio of
    the two steepnesses gives s (Zhuo and Sim, "Defocus map estimation from a single image", 2011).
    """
    before, after = percentile(edges, SHARPEST), percentile(edges_reblurred, SHARPEST)
    if before < FAINTEST_EDGE or after <= 0:
        return NO_EDGE
    ratio = (before / after) ** 2 - 1
    return min(NO_EDGE, REBLUR / math.sqrt(ratio)) if ratio > 0 else NO_EDGE


def faults(measures: Measures, limit: Limits | None = None) -> tuple[Fault, ...]:
    """The faults of the whole picture, the likeliest cause of an unreadable register first."""
    limit = limit or limits()
    found = []
    if measures.bright < limit.dark_below:
        found.append(Fault.DARK)
    if glare(measures) > limit.glare_above:
        found.append(Fault.GLARE)
    if measures.blur > limit.blurred_above:
        found.append(Fault.BLURRED)
    return tuple(found)


def faults_at(measures: Measures, corners: Sequence[Point], limit: Limits | None = None) -> tuple[Fault, ...]:
    """The faults at the register whose `corners` (in reading order, in photo heights) are known."""
    limit = limit or limits()
    height = register_height(corners)
    aspect = measures.width / measures.height
    found = []
    if any(x < limit.edge or x > aspect - limit.edge or y < limit.edge or y > 1 - limit.edge for x, y in corners):
        found.append(Fault.CUT_OFF)
    if height * measures.kept_height < limit.register_height_least:
        found.append(Fault.TOO_SMALL)
    if grey_at(measures, corners) < limit.dark_register_below:
        found.append(Fault.DARK)
    if glare(measures, corners) > limit.glare_register_above:
        found.append(Fault.GLARE)
    if measures.blur > limit.blurred_register_above * height * measures.height:
        found.append(Fault.BLURRED)
    return tuple(found)


def register_height(corners: Sequence[Point]) -> float:
    """How high the register's figures stand, in photo heights: the mean of its two ends."""
    a, b, c, d = corners
    return max((math.dist(a, d) + math.dist(b, c)) / 2, 1e-6)


def glare(measures: Measures, corners: Sequence[Point] | None = None) -> float:
    """The share of tiles in which nothing but white is left, of the whole picture or of the register's place."""
    return _mean(measures, corners, lambda tile: float(measures.lost[tile] == "1"))


def grey_at(measures: Measures, corners: Sequence[Point]) -> float:
    """The mean grey of the register's place, 0..255."""
    return _mean(measures, corners, lambda tile: float(int(measures.greys[2 * tile : 2 * tile + 2], 16)))


def _mean(measures: Measures, corners: Sequence[Point] | None, value: Callable[[int], float]) -> float:
    tiles = range(len(measures.lost)) if corners is None else _tiles(measures, corners)
    return sum(value(tile) for tile in tiles) / max(len(tiles), 1)


def _tiles(measures: Measures, corners: Sequence[Point]) -> list[int]:
    """The tiles that the upright box round the corners touches; one at least."""
    rows = len(measures.lost) // measures.columns

    def span(places: list[float], count: int) -> range:
        first = min(max(int(min(places) * measures.height / TILE), 0), count - 1)
        last = min(max(math.ceil(max(places) * measures.height / TILE), first + 1), count)
        return range(first, last)

    across = span([x for x, _ in corners], measures.columns)
    down = span([y for _, y in corners], rows)
    return [row * measures.columns + column for row in down for column in across]


def dumps(measures: Measures) -> str:
    """The measures as one line of JSON."""
    return json.dumps(measures.model_dump(), separators=(",", ":"))
