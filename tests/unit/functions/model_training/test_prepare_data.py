"""PrepareData: exactly what is learned from, written down once; sensors that are held out are never learned from."""

from typing import Any

import pytest

from meterflow.adapters import examples, trained_files
from meterflow.training_data import HELD_OUT

from .conftest import CUT, PLAN, example


def ask(call: Any, **more: Any) -> Any:
    return call("prepare_data", **{"kind": "leak", "cut": CUT, "plan": PLAN, "attempt": 1} | more)


def test_without_live_rows_it_is_all_generated_and_says_so(call: Any) -> None:
    said = ask(call)
    assert (said["generated"], said["examples"], said["held_out"], said["trainer"]) == (1200, 0, 0, "LAMBDA")
    assert said["source"] == "1200 generated rows (seed 7); nobody has judged a live row yet"
    dataset = trained_files.dataset(said["dataset_key"], said["dataset_sha256"])
    assert (dataset.generated.rows, dataset.generated.seed) == (1200, 7)


def test_live_rows_until_the_cut_are_split_by_sensor(call: Any) -> None:
    for number in range(40):
        examples.put(example(f"S-{number:02d}"))
        examples.put(example(f"S-{number:02d}", 1, leak=False))
    examples.put(example("S-late", told_at="2026-11-20T00:00:01Z"))
    said = ask(call)
    assert said["examples"] + said["held_out"] == 80
    assert abs(said["held_out"] / 80 - HELD_OUT) < 0.2
    dataset = trained_files.dataset(said["dataset_key"], said["dataset_sha256"])
    learned, kept = ({one.sensor_id for one in part} for part in (dataset.examples, dataset.held_out))
    assert learned
    assert kept
    assert not learned & kept
    assert ask(call) == said


def test_what_is_told_twice_counts_as_it_was_told_last(call: Any) -> None:
    examples.put(example("S-1", told_at="2026-11-17T08:00:00Z"))
    examples.put(example("S-1", leak=False))
    said = ask(call)
    dataset = trained_files.dataset(said["dataset_key"], said["dataset_sha256"])
    (one,) = dataset.examples + dataset.held_out
    assert one.truth["leak"] is False


def test_a_second_attempt_has_twice_the_rows_drawn_anew(call: Any) -> None:
    first, second = ask(call), ask(call, attempt=2)
    assert second["generated"] == 2400
    assert second["dataset_sha256"] != first["dataset_sha256"]
    assert trained_files.dataset(second["dataset_key"], second["dataset_sha256"]).generated.seed == 8


@pytest.mark.parametrize(("rows", "image", "trainer"), [
    (60_001, "123.dkr.ecr/meterflow-training", "SAGEMAKER"),
    (60_000, "123.dkr.ecr/meterflow-training", "LAMBDA"),
    (60_001, "none", "LAMBDA"),
])  # fmt: skip
def test_only_what_outgrows_a_lambda_goes_to_a_job_and_only_where_one_is_allowed(
    call: Any, monkeypatch: pytest.MonkeyPatch, rows: int, image: str, trainer: str
) -> None:
    monkeypatch.setenv("TRAINING_IMAGE", image)
    assert ask(call, plan={**PLAN, "rows": rows})["trainer"] == trainer
