"""The gate: whether a candidate may be tried on live meters. Thresholds are data, and every refusal says its reason.

A candidate passes where it is good by itself and not worse than the model in use: over everything within a small
tolerance, and in every zone within a wider one, each plus one standard error of the figure on so many rows. A zone with
too few rows to judge is left out and never counts in favour.

What is asked of a model by itself is little on purpose: the rows of the frozen set are hard (the first minutes of small
leaks count as leaks), so the comparison with the model in use decides. The limits only keep out what learned nothing.
"""

import math
from collections.abc import Iterator, Mapping

from pydantic import BaseModel, ConfigDict

from meterflow.model_scores import Score, Scores


class Thresholds(BaseModel):
    """What the gate asks for. Rates are shares of 0..1.

    `least_auc`, `most_false_alarms`, `most_calibration_error`: a candidate by itself, over everything.
    `worse_overall` and `worse_in_zone`: by how much a figure may be worse than the current model's, beside chance.
    `least_rows`: what a zone needs of events and of non-events to be judged.
    """

    model_config = ConfigDict(frozen=True)

    least_auc: float = 0.65
    most_false_alarms: float = 0.05
    most_calibration_error: float = 0.10
    worse_overall: float = 0.01
    worse_in_zone: float = 0.03
    least_rows: int = 50


class Judgement(BaseModel):
    """Whether a candidate passed, and each reason against it as a sentence."""

    model_config = ConfigDict(frozen=True)

    passed: bool
    reasons: tuple[str, ...] = ()


def judge(candidate: Scores, current: Scores | None, thresholds: Thresholds | None = None) -> Judgement:
    """Judge `candidate`; `current` are the scores of the model in use on the same rows, None where there is none."""
    limits = thresholds or Thresholds()
    reasons = [*_by_itself(candidate, limits)]
    if current is not None:
        reasons += _against(candidate.overall, current.overall, limits.worse_overall, limits, "")
        for question in sorted(candidate.zones):
            theirs = current.zones.get(question, {})
            ours = candidate.zones[question]
            for zone in sorted(ours.keys() & theirs.keys()):
                pair = {question: ours[zone]}, {question: theirs[zone]}
                reasons += _against(*pair, limits.worse_in_zone, limits, f" in zone {zone}")
        missing = sorted(current.overall.keys() - candidate.overall.keys())
        reasons += [f"{question}: the candidate does not answer it" for question in missing]
    return Judgement(passed=not reasons, reasons=tuple(reasons))


def _by_itself(candidate: Scores, limits: Thresholds) -> Iterator[str]:
    if not candidate.overall:
        yield "the candidate was evaluated on nothing"
    for question, found in sorted(candidate.overall.items()):
        for name, value, limit, least in (
            ("auc", found.auc, limits.least_auc, True),
            ("false_alarms", found.false_alarms, limits.most_false_alarms, False),
            ("calibration_error", found.calibration_error, limits.most_calibration_error, False),
        ):
            if value is None:
                yield f"{question}: {name} is unknown, the frozen set lacks rows of one kind"
            elif (value < limit) if least else (value > limit):
                yield f"{question}: {name} is {value:.3f}, {'at least' if least else 'at most'} {limit:g} is asked"


def _against(
    ours: Mapping[str, Score], theirs: Mapping[str, Score], tolerance: float, limits: Thresholds, where: str
) -> Iterator[str]:
    """Each figure that is worse than the current model's by more than `tolerance` and a standard error.

    Finding more costs some false alarms, so the two are compared together, as their difference.
    """
    for question in sorted(ours.keys() & theirs.keys()):
        mine, other = ours[question], theirs[question]
        events, quiet = mine.events, mine.rows - mine.events
        if min(events, quiet) < limits.least_rows:
            continue
        chances = {
            "auc": _chance(other.auc, min(events, quiet)),
            "benefit": math.hypot(_chance(other.recall, events), _chance(other.false_alarms, quiet)),
            "brier": _chance(other.brier, mine.rows),
        }
        for name, chance in chances.items():
            new, old = getattr(mine, name), getattr(other, name)
            if (
                new is not None
                and old is not None
                and (new - old if name == "brier" else old - new) > tolerance + chance
            ):
                yield f"{question}: {name}{where} is {new:.3f}, the current model has {old:.3f}"


def _chance(share: float | None, rows: int) -> float:
    """The standard error of a share of so many rows."""
    return math.sqrt(share * (1 - share) / rows) if share is not None else 0.0


MOST_WRONG = 0.005
"""The share of accepted readings that may be wrong: one in two hundred."""
MOST_LOST_PHOTOS = 1
MOST_MORE_FIGURE_ERRORS = 0.01


def judge_reader(candidate: Mapping[str, Mapping[str, float]], current: Mapping[str, Mapping[str, float]]) -> Judgement:
    """Judge an open meter reader that was trained elsewhere, by the summaries of `training/evaluate.py`.

    Each is a mapping from a half of the photos to its figures (`readable`, `exact`, `accepted`, `accepted_wrong`,
    `figure_error_rate`). A wrong reading that is accepted is billed, so no more of them are taken than the reader in
    use has, nor more than MOST_WRONG; a photo more or less that a person has to read is only work.
    """
    reasons = []
    for half in sorted(candidate.keys() | current.keys()):
        if half not in candidate or half not in current:
            reasons.append(f"half {half} was not measured for both")
            continue
        ours, theirs = candidate[half], current[half]
        if ours["accepted_wrong"] > theirs["accepted_wrong"]:
            wrong = f"{ours['accepted_wrong']:g} wrong readings, not {theirs['accepted_wrong']:g}"
            reasons.append(f"half {half}: accepts {wrong}")
        if ours["accepted"] and ours["accepted_wrong"] / ours["accepted"] > MOST_WRONG:
            reasons.append(f"half {half}: more than {MOST_WRONG:.1%} of what it accepts is wrong")
        if ours["exact"] < theirs["exact"] - MOST_LOST_PHOTOS:
            reasons.append(
                f"half {half}: reads {ours['exact']:g} photos exactly, the reader in use {theirs['exact']:g}"
            )
        if ours["figure_error_rate"] > theirs["figure_error_rate"] + MOST_MORE_FIGURE_ERRORS:
            reasons.append(f"half {half}: {ours['figure_error_rate']:.3f} of the figures are wrong")
    if not candidate:
        reasons.append("the candidate was evaluated on nothing")
    return Judgement(passed=not reasons, reasons=tuple(reasons))
