"""MeasureDrift: the first live days are the reference; what drifts from it starts one training a day."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from meterflow import clock
from meterflow.adapters import drift_references, executions, score_samples
from meterflow.adapters.aws import table
from meterflow.model_registry import SHIPPED, share_of
from meterflow.settings import setting
from meterflow.training_data import training_id

DAY = datetime(2026, 11, 20, tzinfo=UTC)
MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:model-training"

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, Any]]:
    found: list[tuple[str, str, Any]] = []
    monkeypatch.setattr(executions, "start", lambda *given: found.append(given))
    monkeypatch.setenv("MODEL_TRAINING_STATE_MACHINE_ARN", MACHINE)
    return found


@pytest.fixture
def measure(load_handler: Any, lambda_context: Any) -> Any:
    handler = load_handler("model_watch", "measure_drift").handler

    def run(day: datetime) -> Any:
        moment = clock.to_text(day + timedelta(hours=1, minutes=45))
        (found,) = handler({"time": moment, "kinds": ["leak"]}, lambda_context)["found"]
        return found

    return run


def scored(day: datetime, flow: float) -> None:
    """A day of scores of forty sensors, whose flow is spread evenly around `flow`."""
    with table(setting("SENSOR_RESULTS_TABLE")).batch_writer() as batch:
        for sensor in range(40):
            for number in range(40):
                at = clock.to_text(day + timedelta(minutes=36 * number))
                value = flow + share_of("flow", f"{sensor} {at}")
                sample = score_samples.sample_of(
                    "leak", SHIPPED, f"S-{sensor}", at, {"leak": 0.1}, {"flow_day": value, "pressure_day": 0.0}
                )
                batch.put_item(Item={"sensor_id": f"S-{sensor}", "timestamp": at, **sample})


def test_the_first_days_are_the_reference_and_the_same_again_is_stable(measure: Any, started: list[Any]) -> None:
    scored(DAY - timedelta(days=1), 0.0)
    first = measure(DAY)
    assert (first["outcome"], first["version"]) == ("REFERENCE_KEPT", SHIPPED)
    assert 300 < first["rows"] < 500
    kept = drift_references.load("leak", SHIPPED)
    assert kept
    assert kept.basis == "live"
    scored(DAY, 0.0)
    assert measure(DAY + timedelta(days=1))["outcome"] == "STABLE"
    assert started == []


def test_another_world_starts_one_training_named_by_the_day(measure: Any, started: list[Any]) -> None:
    scored(DAY - timedelta(days=1), 0.0)
    measure(DAY)
    scored(DAY, 0.7)
    found = measure(DAY + timedelta(days=1))
    assert found["outcome"] == "DRIFTED"
    assert found["reasons"][0].startswith("flow_day has a population stability index of")
    until = "2026-11-21T00:00:00Z"
    assert started == [(MACHINE, training_id("leak", until), {"kind": "leak", "cut": until, "cause": "drift"})]
    measure(DAY + timedelta(days=1))
    assert started[0] == started[1]


def test_a_quiet_stack_says_nothing(measure: Any, started: list[Any]) -> None:
    assert measure(DAY)["outcome"] == "TOO_LITTLE"
    assert started == []


def test_the_sample_event(load_handler: Any, lambda_context: Any, event: Any, started: list[Any]) -> None:
    said = load_handler("model_watch", "measure_drift").handler(event("model_watch/measure_drift"), lambda_context)
    assert said["outcome"] == "MEASURED"
    assert started == []
