"""The canary: how a version that scores a share of the meters does beside the one that scores the rest.

Rows of one sensor are alike, so sensors are counted and not rows: each sensor's share of rows at or above one half is
one number, and the two groups' means are compared with the spread between sensors (a cluster-robust comparison). A
version is taken back at once where it answers yes clearly more often, where its probabilities have another distribution
(population stability over ten equal bins), or where it is wrong more often on rows that people judged. It is promoted
only when its time is over and enough was seen; nothing seen is no success.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, variance

from meterflow import drift
from meterflow.drift import Column
from meterflow.model_scores import THRESHOLD

LEAST_SENSORS = 5
LEAST_ROWS = 50
LEAST_JUDGED = 20
# A difference must be this many standard errors, and this large, to count.
SURE = 3.0
MORE_YES = 0.02
MORE_ERROR = 0.02
TENTHS = tuple(part / 10 for part in range(1, 10))


@dataclass(frozen=True, slots=True)
class ScoredRow:
    """A row as it was scored live: probabilities 0..1 by question, and the features where they were kept."""

    sensor_id: str
    timestamp: str
    probabilities: Mapping[str, float]
    features: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Group:
    """What one version scored, and the rows of it that people judged: (probability, truth) by question."""

    rows: Sequence[ScoredRow]
    judged: Mapping[str, Sequence[tuple[float, bool]]]

    @property
    def sensors(self) -> int:
        """How many sensors it scored."""
        return len({row.sensor_id for row in self.rows})

    @property
    def judged_rows(self) -> int:
        """How many judged answers there are."""
        return sum(map(len, self.judged.values()))


def enough(group: Group) -> bool:
    """Whether the group says anything."""
    return len(group.rows) >= LEAST_ROWS and group.sensors >= LEAST_SENSORS


def objections(candidate: Group, current: Group) -> tuple[str, ...]:
    """What speaks against the candidate, each as a sentence; nothing where either group is too small to compare."""
    return tuple(_objections(candidate, current)) if enough(candidate) and enough(current) else ()


def _objections(candidate: Group, current: Group) -> Iterator[str]:
    for question in sorted({name for row in candidate.rows for name in row.probabilities}):
        ours, theirs = _by_sensor(candidate, question), _by_sensor(current, question)
        if len(ours) < LEAST_SENSORS or len(theirs) < LEAST_SENSORS:
            continue
        yes = [[fmean(p >= THRESHOLD for p in found) for found in group] for group in (ours, theirs)]
        more, error = fmean(yes[0]) - fmean(yes[1]), math.hypot(*map(_error, yes))
        if more > max(MORE_YES, SURE * error):
            yield f"{question}: says yes to {fmean(yes[0]):.1%} of the rows, the version in use to {fmean(yes[1]):.1%}"
        psi = _psi(ours, theirs)
        luck = drift.chance(_tenths(len(theirs), theirs), len(ours))
        if psi >= drift.DRIFTED and psi > luck:
            yield f"{question}: its probabilities have a population stability index of {psi:.2f} against the other's"
        yield from _wrong_more_often(question, candidate.judged.get(question, ()), current.judged.get(question, ()))


def _by_sensor(group: Group, question: str) -> list[list[float]]:
    found: dict[str, list[float]] = {}
    for row in group.rows:
        if question in row.probabilities:
            found.setdefault(row.sensor_id, []).append(row.probabilities[question])
    return list(found.values())


def _error(values: Sequence[float]) -> float:
    """The standard error of a mean."""
    return math.sqrt(variance(values) / len(values))


def _tenths(rows: int, groups: Sequence[Sequence[float]]) -> Column:
    """The shares of probabilities in ten equal bins, every sensor counting the same."""
    shares = [0.0] * (len(TENTHS) + 1)
    for probabilities in groups:
        for p in probabilities:
            shares[min(9, int(p * 10))] += 1 / len(probabilities) / len(groups)
    return Column(edges=TENTHS, shares=tuple(shares), rows=rows)


def _psi(ours: Sequence[Sequence[float]], theirs: Sequence[Sequence[float]]) -> float:
    new, old = _tenths(len(ours), ours), _tenths(len(theirs), theirs)
    least = drift.HALF_A_ROW / min(new.rows, old.rows)
    pairs = [(max(a, least), max(b, least)) for a, b in zip(new.shares, old.shares, strict=True)]
    return sum((a - b) * math.log(a / b) for a, b in pairs)


def _wrong_more_often(
    question: str, ours: Sequence[tuple[float, bool]], theirs: Sequence[tuple[float, bool]]
) -> Iterator[str]:
    if len(ours) < LEAST_JUDGED or len(theirs) < LEAST_JUDGED:
        return
    wrong = [[(p - truth) ** 2 for p, truth in pairs] for pairs in (ours, theirs)]
    more, error = fmean(wrong[0]) - fmean(wrong[1]), math.hypot(*map(_error, wrong))
    if more > max(MORE_ERROR, SURE * error):
        yield (
            f"{question}: a squared error of {fmean(wrong[0]):.3f} on {len(ours)} rows that people judged, "
            f"the version in use has {fmean(wrong[1]):.3f} on {len(theirs)}"
        )
