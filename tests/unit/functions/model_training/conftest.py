"""A lake with tiny models in it, and the steps of model_training as functions of their payload."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from meterflow import clock, model_registry, training_data
from meterflow.adapters import model_store, trained_files
from meterflow.model_registry import Registry, Version
from meterflow.training_data import Example, Recipe

CUT = "2026-11-20T00:00:00Z"
HOLDER = "0123456789abcdef0123456789abcdef01234567"
PLAN = {
    "seed": 7,
    "rows": 1200,
    "trials": 1,
    "budget_seconds": 5,
    "share": 0.5,
    "canary_seconds": 60,
    "check_seconds": 1,
}


def model(weight: float, intercept: float = 0.0, feature: str = "flow_day") -> bytes:
    """A model of one feature: a logistic."""
    item = {
        "format": 1,
        "kind": "leak",
        "version": "test",
        "features": [feature],
        "standardisation": {"mean": [0.0], "scale": [1.0], "fill": [0.0]},
        "members": [{"member": "logistic", "weight": 1.0, "weights": [weight], "intercept": intercept}],
        "provenance": {},
    }
    return json.dumps(item).encode()


def models(weight: float = 2.0, intercept: float = -2.0) -> dict[str, bytes]:
    """Both models of the kind leak."""
    return {"leak-leak": model(weight, intercept), "leak-burst": model(weight, intercept - 2)}


def keep(weight: float = 2.0, intercept: float = -2.0) -> str:
    """Keep a trained version in the lake; its name."""
    return trained_files.keep("leak", CUT, models(weight, intercept), {"facts": {"source": "test"}, "validation": {}})


def enter(version: str, *states: str, share: float = 0.5, by: str = HOLDER, now: str = "2026-11-20T01:00:00Z") -> None:
    """Enter a version into the registry and bring it through `states`."""
    files = trained_files.training("leak", version).files
    entry = Version(version=version, sha256=model_registry.sum_of(files), files=files, registered_at=now, origin="test")
    moment = clock.from_text(now)

    def change(registry: Registry) -> Registry:
        registry = model_registry.register(registry, entry, moment)
        for state in states:
            if state == "canary":
                registry = model_registry.start_canary(registry, version, share, moment, by)
            if state == "current":
                registry = model_registry.promote(registry, version, moment, by)
            if state == "rejected":
                registry = model_registry.reject(registry, version, moment, by, ("worse",))
        return registry

    model_store.change("leak", change)


def example(sensor_id: str, number: int = 0, leak: bool = True, **changes: Any) -> Example:
    """A judged live row."""
    given: dict[str, Any] = {
        "example_id": f"{sensor_id}-{number}",
        "kind": "leak",
        "sensor_id": sensor_id,
        "timestamp": "2026-11-18T08:00:00Z",
        "zone": "STANDARD",
        "cause": "leak" if leak else "quiet",
        "features": {"flow_day": 2.0 if leak else -2.0},
        "truth": {"leak": leak, "burst": False},
        "told_by": "acknowledgement",
        "told_at": "2026-11-19T08:00:00Z",
    }
    return Example.model_validate(given | changes)


def prepared(*examples: Example) -> dict[str, Any]:
    """A dataset in the lake, as PrepareData says it."""
    made = training_data.dataset("leak", CUT, examples, Recipe(rows=1200, seed=7))
    content = made.to_bytes()
    digest = training_data.sha256(content)
    key = training_data.dataset_key("leak", CUT, digest)
    model_store.put_once(key, content)
    return {
        "dataset_key": key,
        "dataset_sha256": digest,
        "generated": 1200,
        "examples": len(made.examples),
        "held_out": len(made.held_out),
        "source": made.source,
        "trainer": "LAMBDA",
    }


@pytest.fixture
def call(aws: None, load_handler: Any, lambda_context: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:  # noqa: ARG001
    """`call("judge_model", **payload)` runs a step."""
    monkeypatch.setenv("CANARY_SHARE", "0.1")
    monkeypatch.setenv("CANARY_SECONDS", "3600")
    monkeypatch.setenv("CANARY_CHECK_SECONDS", "900")

    def run(name: str, **payload: Any) -> Any:
        return load_handler("model_training", name).handler(payload, lambda_context)

    return run
