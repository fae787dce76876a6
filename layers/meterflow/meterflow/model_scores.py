"""How well a model answers its questions on rows whose truth is known: all of them, by zone and by cause.

A question is one exported model: "is this a leak", "is this a burst". Everything here is arithmetic on pairs of a
probability and a truth, so the same figures come from Lambda, from the command and from live feedback.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

THRESHOLD = 0.5
"""The probability from which on an answer counts as yes in `recall` and `false_alarms`."""
BINS = 10
"""Equal bins of probability in which calibration is measured."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One row: the question that was asked, where, what was going on, whether it was the event, and the answer."""

    question: str
    zone: str
    cause: str
    truth: bool
    probability: float


class Score(BaseModel):
    """Figures of one question on some rows. Rates are shares of 0..1; a figure without rows to compute it from is None.

    `auc`: the chance that an event gets a higher probability than a non-event (ties count half). `brier`: the mean
    squared error of the probability. `calibration_error`: the expected calibration error over ten equal bins.
    `recall` and `false_alarms`: the shares of events and of non-events at or above THRESHOLD.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    rows: int
    events: int
    auc: float | None
    brier: float | None
    calibration_error: float | None
    recall: float | None
    false_alarms: float | None

    @property
    def benefit(self) -> float | None:
        """`recall` less `false_alarms` (Youden's J): what it finds beyond answering yes at random."""
        return None if self.recall is None or self.false_alarms is None else self.recall - self.false_alarms


class Scores(BaseModel):
    """The figures of a model by question: over everything, by zone, and by what was going on."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    overall: Mapping[str, Score]
    zones: Mapping[str, Mapping[str, Score]] = {}
    causes: Mapping[str, Mapping[str, Score]] = {}


def scores(rows: Iterable[Judged]) -> Scores:
    """The figures of `rows`."""
    by_question: dict[str, list[Judged]] = {}
    for row in rows:
        by_question.setdefault(row.question, []).append(row)
    return Scores(
        overall={question: score(found) for question, found in sorted(by_question.items())},
        zones={question: _grouped(found, lambda row: row.zone) for question, found in sorted(by_question.items())},
        causes={question: _grouped(found, lambda row: row.cause) for question, found in sorted(by_question.items())},
    )


def _grouped(rows: Sequence[Judged], name: Callable[[Judged], str]) -> dict[str, Score]:
    groups: dict[str, list[Judged]] = {}
    for row in rows:
        groups.setdefault(name(row), []).append(row)
    return {group: score(members) for group, members in sorted(groups.items())}


def score(rows: Sequence[Judged]) -> Score:
    """The figures of one question's rows."""
    yes = [row.probability for row in rows if row.truth]
    no = [row.probability for row in rows if not row.truth]
    pairs = [(row.probability, row.truth) for row in rows]
    return Score(
        rows=len(rows),
        events=len(yes),
        auc=_rounded(auc(yes, no)),
        brier=_rounded(brier(pairs)),
        calibration_error=_rounded(calibration_error(pairs)),
        recall=_rounded(_share(yes)),
        false_alarms=_rounded(_share(no)),
    )


def auc(yes: Sequence[float], no: Sequence[float]) -> float | None:
    """The area under the ROC curve by ranks (Mann and Whitney); None without both kinds."""
    if not yes or not no:
        return None
    ranked = sorted([(p, True) for p in yes] + [(p, False) for p in no])
    ranks = 0.0
    at = 0
    while at < len(ranked):
        end = at
        while end < len(ranked) and ranked[end][0] == ranked[at][0]:
            end += 1
        # Equal probabilities share the mean of their ranks, which are counted from one.
        ranks += sum(truth for _, truth in ranked[at:end]) * (at + 1 + end) / 2
        at = end
    return (ranks - len(yes) * (len(yes) + 1) / 2) / (len(yes) * len(no))


def brier(pairs: Sequence[tuple[float, bool]]) -> float | None:
    """The mean squared error of the probabilities; None without rows."""
    return sum((p - truth) ** 2 for p, truth in pairs) / len(pairs) if pairs else None


def calibration_error(pairs: Sequence[tuple[float, bool]]) -> float | None:
    """The mean over rows of |share of events - mean probability| in the row's bin; None without rows."""
    if not pairs:
        return None
    bins: dict[int, list[tuple[float, bool]]] = {}
    for p, truth in pairs:
        bins.setdefault(min(BINS - 1, int(p * BINS)), []).append((p, truth))
    return sum(abs(math.fsum(t - p for p, t in members)) for members in bins.values()) / len(pairs)


def _share(probabilities: Sequence[float]) -> float | None:
    return sum(p >= THRESHOLD for p in probabilities) / len(probabilities) if probabilities else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
