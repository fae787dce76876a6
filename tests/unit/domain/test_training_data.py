"""Datasets: what was told by the cut, split by sensor once and for all; the card that names them."""

import pytest

from meterflow import model_card
from meterflow.model_registry import Version
from meterflow.model_scores import Judged, scores
from meterflow.training_data import Dataset, Example, Recipe, dataset, example_key, sha256, truth_of

CUT = "2026-11-21T00:00:00Z"


def example(sensor: str, at: str = "2026-11-20T00:00:00Z", **changes: object) -> Example:
    given = {
        "example_id": f"e-{sensor}", "kind": "leak", "sensor_id": sensor, "timestamp": "2026-11-19T00:00:00Z",
        "zone": "STANDARD", "cause": "leak", "features": {"flow_day": 1.5, "flow_now": None}, "truth": {"leak": True},
        "told_by": "operator: fixed", "told_at": at,
    }  # fmt: skip
    return Example.model_validate(given | changes)


def test_what_was_told_after_the_cut_or_of_another_kind_is_left_out() -> None:
    told = [example("a"), example("b", "2026-11-21T00:00:01Z"), example("c", kind="fire")]
    made = dataset("leak", CUT, told, Recipe(rows=10, seed=1))
    assert [one.sensor_id for one in made.examples + made.held_out] == ["a"]


def test_a_sensor_is_on_one_side_for_ever() -> None:
    many = [example(f"S-{n}", example_id=f"e-{n}") for n in range(400)]
    made = dataset("leak", CUT, many, Recipe(rows=10, seed=1))
    assert 70 < len(made.held_out) < 130
    again = dataset("leak", CUT, many[::-1][:200], Recipe(rows=99, seed=2))
    assert {one.sensor_id for one in again.held_out} <= {one.sensor_id for one in made.held_out}
    assert not {one.sensor_id for one in again.examples} & {one.sensor_id for one in made.held_out}


def test_the_same_data_are_the_same_bytes() -> None:
    told = [example(f"S-{n}", example_id=f"e-{n}") for n in range(20)]
    first = dataset("leak", CUT, told, Recipe(rows=10, seed=1)).to_bytes()
    assert first == dataset("leak", CUT, told[::-1], Recipe(rows=10, seed=1)).to_bytes()
    assert Dataset.model_validate_json(first).to_bytes() == first
    assert sha256(first) != sha256(dataset("leak", CUT, told, Recipe(rows=10, seed=2)).to_bytes())


def test_where_an_example_lies() -> None:
    assert example_key(example("a")) == "examples/leak/2026-11-20/e-a.json"


@pytest.mark.parametrize(("kind", "alert_type", "right", "truth"), [
    ("leak", "LEAK_DETECTED", True, {"leak": True, "burst": False}),
    ("leak", "BURST_DETECTED", True, {"leak": True, "burst": True}),
    ("leak", "BURST_DETECTED", False, {"leak": False, "burst": False}),
    ("fire", "FIRE_DETECTED", True, {"fire": True}),
    ("energy", "ENERGY_FAULT", False, {"anomaly": False}),
])  # fmt: skip
def test_what_an_answer_says_to_every_question(kind: str, alert_type: str, right: bool, truth: dict[str, bool]) -> None:
    assert truth_of(kind, alert_type, right) == truth


def test_the_card_says_data_scores_and_limits() -> None:
    version = Version(
        version="2026-11-21-01234567", sha256="ab", files={"leak-leak": "cd"}, registered_at=CUT, origin="a test",
        seed=7, data={"source": "20 rows"}, limits=model_card.limits_of("leak", 0),
    )  # fmt: skip
    found = scores([Judged("leak", "CRITICAL", "burst", n % 2 == 0, 0.25 + 0.5 * (n % 2 == 0)) for n in range(10)])
    text = model_card.card("leak", version, found, found, "ef")
    assert all(part in text for part in ("# Model card: leak 2026-11-21-01234567", "`ab`", "| leak-leak | `cd` |"))
    assert all(part in text for part in ("- source: 20 rows", "- seed: 7", "SHA-256 `ef`", "nothing of its sensors"))
    assert all(part in text for part in ("| CRITICAL | 10 | 5 | 1.0000 | 0.0625 |", "leak by cause"))
    assert "Only 12 live rows" in "".join(model_card.limits_of("leak", 12))
    assert len(model_card.limits_of("leak", 500)) == 2
