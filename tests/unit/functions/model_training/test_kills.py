"""The machine with its real functions on a lake in memory: promoted, taken back, and killed beside every effect.

Only the training itself is replaced, by a model that was made before; test_train_model.py has it.
"""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from meterflow import clock
from meterflow.adapters import bus, model_store, score_samples, trained_files
from meterflow.adapters.aws import table
from meterflow.model_registry import State, sum_of
from meterflow.settings import setting
from tests.workflow import asl
from tests.workflow.expressions import Run, run

from .conftest import CUT, HOLDER, enter, keep

MACHINE = asl.load(asl.FOLDER / "model_training.asl.json")
STEPS = [name for name, _ in asl.tasks(MACHINE)]
ASKED = {"kind": "leak", "cut": CUT, "seed": 7, "rows": 1200, "share": 0.5, "canary_seconds": 3600, "check_seconds": 1}
Step = Callable[[Any], Any]


@pytest.fixture
def steps(call: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Step]:
    """Every step as its deployed function, and a weak version in use."""
    monkeypatch.setattr(bus, "publish", lambda _name, _detail: None)
    enter(keep(weight=0.0, intercept=-1.5), "current", now="2026-11-19T00:00:00Z")

    def real(name: str) -> Step:
        snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
        return lambda payload: call(snake, **payload)

    def trained(_payload: Any) -> Any:
        version = keep(weight=0.7, intercept=-2.0)
        files = trained_files.training("leak", version).files
        return {"version": version, "sha256": sum_of(files), "trials": 1, "seconds": 1.0}

    return {name: real(name) for name in STEPS} | {"TrainModel": trained}


def scored(probability: float) -> None:
    """What both versions scored since the trial began: the one in use 0.1, the new one `probability`."""
    registry = model_store.load("leak")
    trying = registry.in_state(State.CANARY)
    assert trying
    start = clock.from_text(trying.decided_at)
    with table(setting("SENSOR_RESULTS_TABLE")).batch_writer() as batch:
        for version, p in ((trying.version, probability), (registry.current, 0.1)):
            for row in range(60):
                name, at = f"S-{version}-{row % 6}", clock.to_text(start + timedelta(minutes=row))
                said = {"probabilities": {"leak": Decimal(str(p))}, "features": {}}
                sample = {"sample": score_samples.sample_key("leak", version)}
                batch.put_item(Item={"sensor_id": name, "timestamp": at, **said, **sample})


def watching(steps: dict[str, Step], probability: float, monkeypatch: pytest.MonkeyPatch) -> dict[str, Step]:
    """The steps, with scores coming in before the first look, and every look a half hour after the one before."""
    looks: list[int] = []
    real = steps["WatchCanary"]

    def watch(payload: Any) -> Any:
        if not looks:
            scored(probability)
        looks.append(1)
        moment = clock.from_text(payload["started_at"]) + timedelta(minutes=31 * len(looks))
        with monkeypatch.context() as patch:
            patch.setattr(clock, "now", lambda: moment)
            return real(payload)

    return steps | {"WatchCanary": watch}


def execute(steps: dict[str, Step], **context: Any) -> Run:
    return run(MACHINE, ASKED, steps, name=HOLDER, context=context)


def states() -> list[str]:
    return [one.state.value for one in model_store.load("leak").versions]


def test_from_claim_to_promotion(steps: dict[str, Step], monkeypatch: pytest.MonkeyPatch) -> None:
    result = execute(watching(steps, 0.1, monkeypatch))
    assert (result.status, result.output["state"]) == ("SUCCEEDED", "current"), result.output
    assert states() == ["retired", "current"]
    # Once more under another name: somebody has done it.
    again = run(MACHINE, ASKED, steps, name="another")
    assert again.output["state"] == "taken"


def test_from_claim_to_the_way_back(steps: dict[str, Step], monkeypatch: pytest.MonkeyPatch) -> None:
    result = execute(watching(steps, 0.9, monkeypatch))
    assert result.output["state"] == "rejected"
    assert "says yes to 100.0%" in result.output["reasons"][0]
    assert states() == ["current", "rejected"]


def dying(step: Step, *, after: bool) -> Step:
    """The step, whose process dies the first time: before it did anything, or after it did everything."""
    times: list[int] = []

    def die(payload: Any) -> Any:
        times.append(1)
        if len(times) > 1:
            return step(payload)
        if after:
            step(payload)
        return MemoryError()

    return die


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", [step for step in STEPS if "Job" not in step and step != "RollBackModel"])
def test_killed_and_begun_anew(steps: dict[str, Step], monkeypatch: pytest.MonkeyPatch, name: str, after: bool) -> None:
    """Whatever died, nothing half serves: the new version serves everybody, or nobody, and a new start goes on."""
    moving = watching(steps, 0.1, monkeypatch)
    first = execute(moving | {name: dying(moving[name], after=after)})
    assert first.status == "FAILED", first.output
    found = states()
    assert "canary" not in found
    assert found.count("current") == 1
    again = execute(watching(steps, 0.1, monkeypatch))
    assert again.status == "SUCCEEDED", again.cause
    assert states().count("current") == 1
    assert "canary" not in states()
    if name in ("ClaimTraining", "PrepareData", "TrainModel", "EvaluateModel", "JudgeModel", "RegisterModel"):
        assert again.output["state"] == "current"
        assert states() == ["retired", "current"]


def test_the_way_back_killed_and_begun_anew(steps: dict[str, Step], monkeypatch: pytest.MonkeyPatch) -> None:
    moving = watching(steps, 0.9, monkeypatch)
    first = execute(moving | {"RollBackModel": dying(moving["RollBackModel"], after=True)})
    assert first.status == "FAILED"
    assert states() == ["current", "rejected"]
