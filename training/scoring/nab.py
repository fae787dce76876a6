"""The score of the Numenta Anomaly Benchmark, written from its published formula (Lavin and Ahmad, 2015, section 3).

A detector gives a number to every row of a labelled series. At a threshold each row at or above it is a detection.
With `sigma(y) = 2 / (1 + exp(5 y)) - 1` (and -1 for y > 3):

- a window's first detection earns `sigma(position) / sigma(-1)`, position from -1 at the window's first row to almost
  0 at its last; the earliest counts, since sigma only falls. A window without a detection costs the weight of a miss;
- a detection outside every window costs up to `fp` of the profile: `sigma` of the distance past the last window in
  units of that window's length, and 1 before any window;
- the first 15 % of a series, at most 750 rows, are not scored;
- one threshold for the whole corpus, the one that earns most under the profile;
- the corpus' sum is put on a scale on which a detector that says nothing has 0 and a perfect one has 100.
"""

import json
import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

PROBATION_SHARE = 0.15
PROBATION_MOST_ROWS = 750
Window = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Profile:
    """What a detection in a window earns, what a false row and what a missed window cost."""

    name: str
    tp: float
    fp: float
    fn: float


@dataclass(frozen=True, slots=True)
class Labelled:
    """One series: its rows in file order and its labelled windows as first and last row, both inside."""

    name: str
    times: Sequence[datetime]
    values: Sequence[float]
    windows: Sequence[Window]

    @property
    def probation(self) -> int:
        """How many rows at the start are not scored."""
        return probation_rows(len(self.values))


@dataclass(frozen=True, slots=True)
class Marks:
    """What each scored row of a series would earn as a detection: in a window (by its number) or outside (-1)."""

    window: Sequence[int]
    worth: Sequence[float]
    windows: int


def probation_rows(rows: int) -> int:
    """The rows at the start of a series of `rows` that are not scored."""
    return min(math.floor(PROBATION_SHARE * rows), PROBATION_MOST_ROWS)


def scaled_sigmoid(position: float) -> float:
    """From 1 far before a window's end through 0 at it to -1 beyond."""
    return -1.0 if position >= 3.0 else 2.0 / (1.0 + math.exp(5.0 * position)) - 1.0


def marks(rows: int, windows: Sequence[Window]) -> Marks:
    """What a detection at each of `rows` is worth without the profile's weights."""
    inside = [-1] * rows
    worth = [-1.0] * rows
    most = scaled_sigmoid(-1.0)
    for number, (first, last) in enumerate(windows):
        width = last - first + 1
        for row in range(first, last + 1):
            inside[row] = number
            worth[row] = scaled_sigmoid(-(last - row + 1) / width) / most
        until = windows[number + 1][0] if number + 1 < len(windows) else rows
        for row in range(last + 1, until):
            # A window of one row has no length to measure the distance in: everything past it is far.
            worth[row] = scaled_sigmoid((row - last) / (width - 1)) if width > 1 else -1.0
    return Marks(inside, worth, len(windows))


def raw_score(series: Labelled, detected: Sequence[bool], profile: Profile) -> float:
    """The sum of one series at given detections, before the scale of 0 to 100."""
    table = marks(len(series.values), series.windows)
    best = [-profile.fn] * table.windows
    false = 0.0
    for row in range(series.probation, len(series.values)):
        if not detected[row]:
            continue
        number = table.window[row]
        if number < 0:
            false += profile.fp * table.worth[row]
        else:
            best[number] = max(best[number], profile.tp * table.worth[row])
    return false + sum(best)


def normalised(raw: float, windows: int, profile: Profile) -> float:
    """`raw` on the scale of 0 (says nothing) to 100 (finds each window at its first row and nothing else)."""
    nothing, perfect = -profile.fn * windows, profile.tp * windows
    return 100.0 * (raw - nothing) / (perfect - nothing)


def sweep(
    corpus: Sequence[Labelled], scores: Mapping[str, Sequence[float]], profile: Profile
) -> list[tuple[float, float]]:
    """(threshold, normalised score) at every number that occurs, from the highest down; first (infinity, 0)."""
    detections = sorted(_detections(corpus, scores, profile), key=lambda each: -each[0])
    windows = sum(len(series.windows) for series in corpus)
    best: dict[tuple[str, int], float] = {}
    total = -profile.fn * windows
    points = [(math.inf, normalised(total, windows, profile))]
    for index, (score, window, worth) in enumerate(detections):
        if window is None:
            total += worth
        else:
            before = best.get(window, -profile.fn)
            best[window] = max(before, worth)
            total += best[window] - before
        if index + 1 == len(detections) or detections[index + 1][0] != score:
            points.append((score, normalised(total, windows, profile)))
    return points


def best_threshold(
    corpus: Sequence[Labelled], scores: Mapping[str, Sequence[float]], profile: Profile
) -> tuple[float, float]:
    """(threshold, normalised score) where the score is highest; the higher threshold where two are equal."""
    return max(sweep(corpus, scores, profile), key=lambda point: point[1])


def at_threshold(
    corpus: Sequence[Labelled], scores: Mapping[str, Sequence[float]], profile: Profile, threshold: float
) -> float:
    """The normalised score at one threshold."""
    raw = sum(raw_score(each, [score >= threshold for score in scores[each.name]], profile) for each in corpus)
    return normalised(raw, sum(len(each.windows) for each in corpus), profile)


def _detections(
    corpus: Sequence[Labelled], scores: Mapping[str, Sequence[float]], profile: Profile
) -> Iterator[tuple[float, tuple[str, int] | None, float]]:
    """(score, window or None, weighted worth) of every scored row of the corpus."""
    for series in corpus:
        table = marks(len(series.values), series.windows)
        for row in range(series.probation, len(series.values)):
            number = table.window[row]
            if number < 0:
                yield scores[series.name][row], None, profile.fp * table.worth[row]
            else:
                yield scores[series.name][row], (series.name, number), profile.tp * table.worth[row]


def load_corpus(root: Path) -> list[Labelled]:
    """Every series under `root`/data, with its windows from `root`/labels/combined_windows.json."""
    labels = json.loads((root / "labels" / "combined_windows.json").read_text())
    return [_series(root, path, labels) for path in sorted((root / "data").glob("*/*.csv"))]


def load_profiles(root: Path) -> list[Profile]:
    """The weights of `root`/config/profiles.json."""
    named = json.loads((root / "config" / "profiles.json").read_text())
    costs = {name: each["CostMatrix"] for name, each in named.items()}
    return [Profile(name, cost["tpWeight"], cost["fpWeight"], cost["fnWeight"]) for name, cost in costs.items()]


def _series(root: Path, path: Path, labels: Mapping[str, Sequence[Sequence[str]]]) -> Labelled:
    times, values = [], []
    for line in path.read_text().splitlines()[1:]:
        time, value = line.split(",")
        times.append(datetime.fromisoformat(time))
        values.append(float(value))
    name = path.relative_to(root / "data").as_posix()
    windows = [
        (bisect_left(times, datetime.fromisoformat(first)), bisect_left(times, datetime.fromisoformat(last)))
        for first, last in labels.get(name, [])
    ]
    return Labelled(name, times, values, windows)


if __name__ == "__main__":
    from training.scoring.nab_report import main

    main()
