"""From the network's maps to rectangles: connected regions, their turn, their edges. Plain numpy."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .straighten import Corners

Map = NDArray[np.float32]

FLOOR = 0.35
"""A pixel belongs to a row of figures from this probability on."""

SMALLEST = 10
"""A region of fewer pixels than this is noise."""


@dataclass(frozen=True)
class Region:
    """One patch of figures in a map, in the map's pixels.

    `mass` is the sum of the probabilities, `sure` their mean in the patch, `aim` the mean direction: its length is near
    1 where all pixels agree which way the figures read, near 0 where they do not.
    """

    ys: NDArray[np.intp]
    xs: NDArray[np.intp]
    weights: Map
    mass: float
    sure: float
    aim: tuple[float, float]


def labels(mask: NDArray[np.bool_]) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Connected patches (side by side or corner to corner) of a mask, by joining the runs of neighbouring lines."""
    parent: list[int] = []
    runs: list[tuple[int, int, int]] = []

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    before: list[int] = []
    for y, line in enumerate(mask):
        edges = np.flatnonzero(np.diff(np.concatenate(([0], line.astype(np.int8), [0]))))
        now = []
        for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            at = len(runs)
            runs.append((y, start, end))
            parent.append(at)
            for other in before:
                if runs[other][1] <= end and runs[other][2] >= start:
                    parent[root(other)] = root(at)
            now.append(at)
        before = now
    patches: dict[int, list[tuple[int, int, int]]] = {}
    for at, run in enumerate(runs):
        patches.setdefault(root(at), []).append(run)
    found = []
    for patch in patches.values():
        ys = np.concatenate([np.full(end - start, y, np.intp) for y, start, end in patch])
        xs = np.concatenate([np.arange(start, end, dtype=np.intp) for _, start, end in patch])
        found.append((ys, xs))
    return found


def regions(sure: Map, cosine: Map, sine: Map, floor: float = FLOOR) -> list[Region]:
    """Patches of the map above `floor`, heaviest first."""
    found = []
    for ys, xs in labels(sure > floor):
        if len(ys) < SMALLEST:
            continue
        weights = sure[ys, xs]
        mass = float(weights.sum())
        aim = (float((weights * cosine[ys, xs]).sum() / mass), float((weights * sine[ys, xs]).sum() / mass))
        found.append(Region(ys, xs, weights, mass, float(weights.mean()), aim))
    return sorted(found, key=lambda region: -region.mass)


def axis(region: Region) -> float:
    """The way the row reads, in radians: its long axis where it has one, turned to the side the figures say."""
    said = float(np.arctan2(region.aim[1], region.aim[0]))
    x, y = (
        region.xs - np.average(region.xs, weights=region.weights),
        region.ys - np.average(region.ys, weights=region.weights),
    )
    spread = np.cov(np.stack([x, y]), aweights=region.weights)
    values, vectors = np.linalg.eigh(spread)
    if values[1] < 2.5 * max(values[0], 1e-6):
        return said
    long = float(np.arctan2(vectors[1, 1], vectors[0, 1]))
    # Of the two ways along the axis the one nearer to what the figures say.
    return long if np.cos(long - said) >= 0 else long + np.pi


def rectangle(region: Region) -> Corners:
    """The rectangle along the axis with the region's own spread (a filled side of length L deviates by L / sqrt 12)."""
    angle = axis(region)
    along, down = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    points = np.stack([region.xs, region.ys], 1) + 0.5
    a, d = points @ along, points @ down
    middle_a, middle_d = np.average(a, weights=region.weights), np.average(d, weights=region.weights)
    half_a = max(1.0, np.sqrt(3 * np.average((a - middle_a) ** 2, weights=region.weights)))
    half_d = max(1.0, np.sqrt(3 * np.average((d - middle_d) ** 2, weights=region.weights)))
    corners = []
    for sign_a, sign_d in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        x, y = along * (middle_a + sign_a * half_a) + down * (middle_d + sign_d * half_d)
        corners.append((float(x), float(y)))
    return corners[0], corners[1], corners[2], corners[3]


def edges(region: Region) -> Corners:
    """The four corners of a region that lies nearly level: straight lines through its upper and its lower edge.

    Each column gives one point of each edge; columns at the ends, where the region is rounded, are left out.
    """
    columns = np.unique(region.xs)
    heights = np.bincount(region.xs, weights=region.weights.astype(float), minlength=int(columns[-1]) + 1)
    middles = np.bincount(
        region.xs, weights=(region.weights * (region.ys + 0.5)).astype(float), minlength=int(columns[-1]) + 1
    )
    typical = float(np.median(heights[columns]))
    full = columns[heights[columns] > 0.6 * typical]
    if len(full) < 4:
        return rectangle(region)
    # Where a column is half full the row begins or ends: counted with its share.
    first, last = float(full[0]), float(full[-1] + 1)
    inner = full[len(full) // 20 : len(full) - len(full) // 20]
    centre = middles[inner] / heights[inner]
    x = inner + 0.5
    line, half = np.polyfit(x, centre, 1), np.polyfit(x, heights[inner] / 2, 1)
    for _ in range(2):  # twice without the columns that lie far from the line
        far = np.abs(np.polyval(line, x) - centre) + np.abs(np.polyval(half, x) - heights[inner] / 2)
        near = far <= max(2.5 * float(np.median(far)), 0.5)
        if near.sum() < 4:
            break
        line, half = np.polyfit(x[near], centre[near], 1), np.polyfit(x[near], heights[inner][near] / 2, 1)

    ends = np.polyval(half, [first, last])
    if min(ends) < 0.7 * max(ends):  # no photo is that oblique: the patch is ragged, and only its middle height is sure
        half = np.array([0.0, float(np.median(heights[inner] / 2))])

    def at(column: float, side: int) -> tuple[float, float]:
        return column, float(np.polyval(line, column) + side * max(float(np.polyval(half, column)), 0.5))

    if last - first < 2:
        return rectangle(region)
    return at(first, -1), at(last, -1), at(last, 1), at(first, 1)
