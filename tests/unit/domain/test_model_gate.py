"""The gate and the figures it judges by."""

import math
import random
from dataclasses import replace
from typing import Any

import pytest

from meterflow.model_gate import Thresholds, judge, judge_reader
from meterflow.model_scores import Judged, Scores, auc, brier, calibration_error, scores


def rows(seed: int, skill: float, zones: Any = ("STANDARD", "CRITICAL"), worse_in: str = "") -> list[Judged]:
    """Two thousand calibrated answers, the surer the more `skill` they have; in one zone they may be turned round."""
    rng = random.Random(seed)
    found = []
    for number in range(2000):
        p = 1 / (1 + math.exp(1.5 - 6 * skill * rng.gauss(0, 1)))
        truth, zone = rng.random() < p, zones[number % len(zones)]
        found.append(Judged("leak", zone, "leak" if truth else "quiet", truth, 1 - p if zone == worse_in else p))
    return found


# These answers are surer than any real model's: what counts is the comparison.
LOOSE = Thresholds(most_false_alarms=0.2)


def with_zone(zones: Any) -> list[Judged]:
    """Good answers, and in the zone CRITICAL, as often as `zones` has it, turned round."""
    turned = [row for row in rows(1, 1.0, zones, "CRITICAL") if row.zone == "CRITICAL"]
    return [*rows(1, 1.0, ("STANDARD",)), *turned]


def test_a_better_one_passes_and_the_same_one_too() -> None:
    better, same = scores(rows(1, 1.0)), scores(rows(1, 0.5))
    assert judge(better, same, LOOSE).passed
    assert judge(same, same, LOOSE).passed
    assert judge(better, None, LOOSE).passed


def test_a_worse_one_is_refused_for_each_figure() -> None:
    verdict = judge(scores(rows(1, 0.2)), scores(rows(1, 1.0)))
    assert not verdict.passed
    assert {reason.split(":")[1].split()[0] for reason in verdict.reasons} >= {"auc", "benefit", "brier"}


def test_finding_more_may_cost_some_false_alarms() -> None:
    never = [replace(row, probability=0.1) for row in rows(1, 1.0)]
    found = judge(scores(rows(1, 1.0)), scores(never), LOOSE)
    assert found.passed, found.reasons


def test_one_that_is_good_in_sum_and_worse_in_a_zone_is_refused() -> None:
    zones = ("STANDARD",) * 49 + ("CRITICAL",)
    limits = LOOSE.model_copy(update={"least_rows": 10})
    verdict = judge(scores(with_zone(zones)), scores(rows(1, 0.4, zones)), limits)
    assert verdict.reasons
    assert all("in zone CRITICAL" in reason for reason in verdict.reasons), verdict.reasons


def test_a_zone_with_too_few_rows_says_nothing() -> None:
    zones = ("STANDARD",) * 199 + ("CRITICAL",)
    assert judge(scores(with_zone(zones)), scores(rows(1, 0.4, zones)), LOOSE).passed


@pytest.mark.parametrize(("answers", "word"), [
    ([], "nothing"),
    ([Judged("leak", "z", "c", True, 0.9)] * 10, "unknown"),
    ([Judged("leak", "z", "c", n % 2 == 0, 0.5) for n in range(100)], "auc is 0.500"),
    ([Judged("leak", "z", "c", n % 2 == 0, 0.6 + 0.3 * (n % 2 == 0)) for n in range(100)], "false_alarms is 1.000"),
    ([Judged("leak", "z", "c", n % 2 == 0, 0.2 * (n % 2 == 0)) for n in range(100)], "calibration_error is 0.400"),
])  # fmt: skip
def test_what_learned_nothing_is_refused_by_itself(answers: list[Judged], word: str) -> None:
    verdict = judge(scores(answers), None)
    assert not verdict.passed
    assert any(word in reason for reason in verdict.reasons), verdict.reasons


def test_a_question_that_is_no_longer_answered_is_a_reason() -> None:
    current = scores([*rows(1, 1.0), *[Judged("burst", *one[1:]) for one in map(_tuple, rows(2, 1.0))]])
    assert "burst: the candidate does not answer it" in judge(scores(rows(1, 1.0)), current).reasons


def _tuple(row: Judged) -> tuple[Any, ...]:
    return (row.question, row.zone, row.cause, row.truth, row.probability)


def test_the_figures_are_those_of_their_definitions() -> None:
    assert auc([0.9, 0.8], [0.1, 0.8]) == pytest.approx((1 + 1 + 1 + 0.5) / 4)
    assert auc([], [0.1]) is None
    assert brier([(0.8, True), (0.4, False)]) == pytest.approx((0.04 + 0.16) / 2)
    # Two bins: two of 0.9 of which one is the event (off by 0.4 each), two of 0.1 of which none is (0.1 each).
    assert calibration_error([(0.9, True), (0.9, False), (0.1, False), (0.1, False)]) == pytest.approx(0.25)


def test_scores_survive_their_document() -> None:
    found = scores(rows(1, 1.0))
    assert Scores.model_validate_json(found.model_dump_json()) == found
    assert set(found.zones["leak"]) == {"STANDARD", "CRITICAL"}


def half(**changes: float) -> dict[str, float]:
    return {"readable": 16, "exact": 10, "accepted": 5, "accepted_wrong": 0, "figure_error_rate": 0.09} | changes


@pytest.mark.parametrize(("changes", "word"), [
    ({}, ""),
    ({"exact": 9}, ""),
    ({"exact": 8}, "reads 8 photos"),
    ({"accepted_wrong": 1}, "accepts 1 wrong"),
    ({"figure_error_rate": 0.12}, "0.120 of the figures"),
])  # fmt: skip
def test_a_reader_may_cost_work_but_never_a_wrong_bill(changes: dict[str, float], word: str) -> None:
    verdict = judge_reader({"A": half(), "B": half(**changes)}, {"A": half(), "B": half()})
    assert verdict.passed is (not word)
    assert word in "; ".join(verdict.reasons)


def test_a_reader_is_judged_on_both_halves() -> None:
    assert not judge_reader({"A": half()}, {"A": half(), "B": half()}).passed
    assert not judge_reader({}, {}).passed
