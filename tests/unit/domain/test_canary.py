"""The canary's comparison: sensors count and not rows, and a good version is not taken back by chance."""

import random

from meterflow.canary import Group, ScoredRow, enough, objections


def group(seed: int, sensors: int, yes: float, rows: int = 30, judged: tuple[float, int] = (0.0, 0)) -> Group:
    """Sensors that are each nearly always yes or nearly always no, of which the share `yes` is yes."""
    rng = random.Random(seed)
    found = []
    for sensor in range(sensors):
        middle = 0.85 if rng.random() < yes else 0.1
        for row in range(rows):
            p = min(1.0, max(0.0, middle + rng.gauss(0, 0.05)))
            found.append(ScoredRow(f"S-{seed}-{sensor}", f"{row}", {"leak": p}, {}))
    p, count = judged
    return Group(found, {"leak": [(p, False)] * count} if count else {})


def test_the_same_behaviour_is_left_alone_whoever_the_sensors_are() -> None:
    taken_back = sum(bool(objections(group(seed, 20, 0.1), group(100 + seed, 180, 0.1))) for seed in range(60))
    assert taken_back <= 1


def test_one_sensor_with_a_real_leak_is_no_reason() -> None:
    quiet = group(1, 19, 0.0)
    leak = [ScoredRow("S-leak", f"{row}", {"leak": 0.9}, {}) for row in range(30)]
    assert objections(Group([*quiet.rows, *leak], {}), group(2, 180, 0.0)) == ()


def test_one_that_cries_is_found() -> None:
    (first, *_) = objections(group(1, 20, 0.9), group(2, 180, 0.05))
    assert "says yes to" in first


def test_one_that_never_says_anything_is_found_by_its_distribution() -> None:
    silent = objections(group(1, 150, 0.0), group(2, 150, 0.5))
    assert any("population stability" in reason for reason in silent)


def test_one_that_people_contradict_is_found_and_few_answers_are_no_proof() -> None:
    current = group(2, 50, 0.1, judged=(0.1, 40))
    assert "a squared error of 0.640" in objections(group(1, 50, 0.1, judged=(0.8, 20)), current)[0]
    assert objections(group(1, 50, 0.1, judged=(0.8, 19)), current) == ()
    assert objections(group(1, 50, 0.1, judged=(0.1, 40)), current) == ()


def test_nothing_is_said_of_too_few() -> None:
    assert not enough(group(1, 4, 0.9))
    assert not enough(group(1, 5, 0.9, rows=9))
    assert objections(group(1, 4, 0.9), group(2, 100, 0.0)) == ()
    assert objections(group(1, 20, 0.9), group(2, 4, 0.0)) == ()
