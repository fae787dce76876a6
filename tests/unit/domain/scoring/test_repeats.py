"""Frozen signals, and signals that repeat themselves by nature."""

import json

from meterflow.scoring.repeats import Repeats


def feed(repeats: Repeats, values: list[float], at_least: int = 5) -> list[bool]:
    return [repeats.observe((value,), at_least) for value in values]


def test_a_fine_signal_that_stops_is_frozen() -> None:
    repeats = Repeats(prior=0.3)
    assert not any(feed(repeats, [number / 7 for number in range(100)]))
    said = feed(repeats, [3.0] * 12)
    assert said[0] is False
    assert said[-1] is True
    assert said.index(True) >= 5


def test_a_coarse_signal_may_rest_as_long_as_before() -> None:
    repeats = Repeats(prior=0.3)
    coarse = [float(number // 9 % 2) for number in range(400)]
    assert not any(feed(repeats, coarse))
    assert not any(feed(repeats, [5.0] * 30))
    assert feed(repeats, [5.0] * 400)[-1] is True


def test_a_rest_of_a_length_seen_before_is_no_fault_however_rare_it_has_become() -> None:
    repeats = Repeats(prior=0.3)
    feed(repeats, [float(number // 9) for number in range(45)])
    feed(repeats, [number / 7 for number in range(2000)])
    assert not any(feed(repeats, [5.5] * 12))


def test_a_frozen_run_does_not_make_the_next_one_usual() -> None:
    repeats = Repeats(prior=0.3)
    feed(repeats, [number / 7 for number in range(100)])
    first = feed(repeats, [3.0] * 40).index(True)
    feed(repeats, [number / 7 for number in range(20)])
    assert feed(repeats, [4.0] * 40).index(True) <= first + 2


def test_the_state_survives_json() -> None:
    values = [number / 7 for number in range(50)] + [1.0] * 20
    whole, first = Repeats(), Repeats()
    expected = feed(whole, values)
    said = feed(first, values[:55])
    second = Repeats.from_item(json.loads(json.dumps(first.to_item())))
    assert said + feed(second, values[55:]) == expected
