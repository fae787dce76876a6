"""Drift: what changed is found, what is chance is not, and calibration needs people's answers."""

import random

import pytest

from meterflow import drift


def normal(seed: int, rows: int, mean: float = 0.0, spread: float = 1.0) -> list[float]:
    rng = random.Random(seed)
    return [rng.gauss(mean, spread) for _ in range(rows)]


def known(rows: int = 2000) -> drift.Reference:
    return drift.reference({"flow": normal(1, rows), "flat": [0.0] * rows}, "live", "a", "b")


def test_the_formula() -> None:
    before = drift.Column(edges=(0.0,), shares=(0.5, 0.5), rows=1000)
    # A quarter below now: (0.25 - 0.5) ln(0.25/0.5) + (0.75 - 0.5) ln(0.75/0.5)
    values = [-1.0] * 250 + [1.0] * 750
    assert drift.population_stability(before, values) == pytest.approx(0.27465, abs=1e-5)
    with pytest.raises(ValueError, match="no values"):
        drift.population_stability(before, [])


def test_the_same_world_is_stable_whatever_the_number_of_rows() -> None:
    for seed in range(2, 22):
        for rows in (200, 1000):
            assert not drift.measure(known(), {"flow": normal(seed, rows), "flat": [0.0] * rows}).drifted


def test_with_few_rows_chance_exceeds_a_quarter_and_is_not_drift() -> None:
    reference = drift.reference({"flow": normal(1, 200)}, "live", "a", "b")
    assert drift.chance(reference.columns["flow"], 200) > drift.DRIFTED


@pytest.mark.parametrize(("mean", "spread"), [(1.0, 1.0), (0.0, 2.5)])
def test_another_world_is_found_by_name(mean: float, spread: float) -> None:
    found = drift.measure(known(), {"flow": normal(2, 1000, mean, spread), "flat": [0.0] * 1000})
    assert found.drifted
    assert [name for name, one in found.columns.items() if one.drifted] == ["flow"]
    assert found.reasons[0].startswith("flow has a population stability index of")


def test_a_column_that_was_always_the_same_drifts_when_it_moves() -> None:
    assert drift.measure(known(), {"flat": [1.0] * 500}).drifted
    assert not drift.measure(known(), {"flat": [0.0] * 500}).drifted


def test_too_little_says_nothing() -> None:
    found = drift.measure(known(), {"flow": normal(2, 199, 5.0)}, [(0.9, False)] * 99)
    assert (found.drifted, dict(found.columns), found.calibration_error) == (False, {}, None)
    assert drift.column([1.0] * 199) is None
    assert drift.column([float("nan")] * 500) is None


def test_probabilities_that_no_longer_mean_what_they_say() -> None:
    wrong = [(0.9, number % 2 == 0) for number in range(100)]
    found = drift.measure(known(), {}, wrong)
    assert found.calibration_error == pytest.approx(0.4)
    assert "off by 0.40 on 100 rows" in found.reasons[0]
    right = [(0.9, number % 10 != 0) for number in range(100)]
    assert not drift.measure(known(), {}, right).drifted
