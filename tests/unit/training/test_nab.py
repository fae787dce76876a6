"""The benchmark's score against cases worked out by hand."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from training.scoring import nab
from training.scoring.nab import Labelled, Profile

STANDARD = Profile("standard", tp=1.0, fp=0.11, fn=1.0)


def series(rows: int, windows: list[tuple[int, int]], name: str = "one") -> Labelled:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return Labelled(name, [start + timedelta(minutes=i) for i in range(rows)], [0.0] * rows, windows)


def detected(rows: int, *at: int) -> list[bool]:
    return [row in at for row in range(rows)]


def sigma(y: float) -> float:
    return 2 / (1 + math.exp(5 * y)) - 1


def test_the_first_row_of_a_window_earns_all_and_the_last_almost_nothing() -> None:
    one = series(100, [(50, 59)])
    assert nab.raw_score(one, detected(100, 50), STANDARD) == pytest.approx(1.0)
    assert nab.raw_score(one, detected(100, 59), STANDARD) == pytest.approx(sigma(-0.1) / sigma(-1))


def test_only_the_earliest_detection_of_a_window_counts() -> None:
    one = series(100, [(50, 59)])
    assert nab.raw_score(one, detected(100, 54, 55, 59), STANDARD) == pytest.approx(sigma(-0.6) / sigma(-1))


def test_a_missed_window_costs_a_miss_and_a_false_row_its_distance_past_the_window() -> None:
    one = series(100, [(50, 59)])
    assert nab.raw_score(one, detected(100), STANDARD) == -1.0
    assert nab.raw_score(one, detected(100, 20), STANDARD) == pytest.approx(-1.0 - 0.11)
    # Nine rows past a window of ten rows: one window's length, counted between its rows.
    assert nab.raw_score(one, detected(100, 68), STANDARD) == pytest.approx(-1.0 + 0.11 * sigma(1.0))
    assert nab.raw_score(one, detected(100, 95), STANDARD) == pytest.approx(-1.0 - 0.11)


def test_a_row_between_two_windows_is_measured_from_the_one_before_it() -> None:
    one = series(200, [(100, 109), (120, 129)])
    assert nab.raw_score(one, detected(200, 118), STANDARD) == pytest.approx(-2.0 + 0.11 * sigma(1.0))


def test_rows_on_probation_are_not_scored() -> None:
    assert nab.raw_score(series(100, []), detected(100, 14), STANDARD) == 0.0
    assert nab.raw_score(series(100, []), detected(100, 15), STANDARD) == pytest.approx(-0.11)
    assert nab.probation_rows(20_000) == 750


def test_nothing_said_is_0_and_all_windows_at_once_is_100() -> None:
    for profile in (STANDARD, Profile("low_fn", 1.0, 0.11, 2.0)):
        assert nab.normalised(-profile.fn * 3, 3, profile) == 0.0
        assert nab.normalised(profile.tp * 3, 3, profile) == 100.0


def test_one_threshold_is_chosen_for_the_whole_corpus() -> None:
    corpus = [series(100, [(50, 59)], "one"), series(100, [], "two")]
    scores = {"one": [0.0] * 100, "two": [0.0] * 100}
    scores["one"][50], scores["two"][40], scores["two"][41] = 0.5, 0.9, 0.4
    threshold, best = nab.best_threshold(corpus, scores, STANDARD)
    # The false row at 0.9 has to be taken to get the window at 0.5; the one at 0.4 not.
    assert threshold == 0.5
    assert best == pytest.approx(100 * (1 - 0.11 + 1) / 2)


def test_the_sweep_agrees_with_scoring_each_threshold_by_itself() -> None:
    corpus = [series(200, [(50, 59), (100, 119)], "one"), series(150, [(140, 149)], "two")]
    scores = {each.name: [(row * 7919 % 101) / 101 for row in range(len(each.values))] for each in corpus}
    for threshold, score in nab.sweep(corpus, scores, STANDARD):
        assert nab.at_threshold(corpus, scores, STANDARD, threshold) == pytest.approx(score)
