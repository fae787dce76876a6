"""A model's life on the laptop cloud: drift starts a training, the better version is tried, promoted, and taken back.

What the sensors would take days to send is put into SensorResults as the stream's consumer writes it; everything else
is the deployed machine, functions, buckets and rules. Kind and versions are put back as they were.
"""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from meterflow import clock, drift, ids, model_registry, training_data
from meterflow.adapters import drift_references, model_store
from meterflow.model_registry import Registry, Version
from meterflow.training_data import training_id
from tests.integration.conftest import Cloud

pytestmark = pytest.mark.cloud

KIND = "fire"
SENSORS = 30
# Two weeks ahead of every real day: its rows, claims and executions are this run's alone.
SPREAD = timedelta(days=14)


def weak(intercept: float) -> bytes:
    """A model that always says the same: any training is better."""
    item = {
        "format": 1, "kind": KIND, "version": "weak", "features": ["t_max"], "provenance": {},
        "standardisation": {"mean": [0.0], "scale": [1.0], "fill": [0.0]},
        "members": [{"member": "logistic", "weight": 1.0, "weights": [0.0], "intercept": intercept}],
    }  # fmt: skip
    return json.dumps(item).encode()


class Lake:
    """The lake as its owner sees it."""

    def __init__(self, laptop: Cloud) -> None:
        self.s3, self.bucket = laptop.client("s3"), laptop.outputs["LakeBucketName"]

    def put(self, key: str, content: bytes) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content)

    def get(self, key: str) -> bytes | None:
        try:
            content: bytes = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except self.s3.exceptions.NoSuchKey:
            return None
        return content

    def registry(self) -> Registry:
        return Registry.model_validate_json(self.get(model_store.registry_key(KIND)) or b'{"kind": "fire"}')


@pytest.fixture
def lake(laptop: Cloud) -> Iterator[Lake]:
    """The lake, whose registry of the kind is afterwards what it was before."""
    found = Lake(laptop)
    key = model_store.registry_key(KIND)
    before = found.get(key)
    yield found
    if before is None:
        found.s3.delete_object(Bucket=found.bucket, Key=key)
    else:
        found.put(key, before)


@pytest.fixture
def in_use(lake: Lake) -> str:
    """A weak version in use, with a reference of its own first days."""
    files = {"fire-fire": weak(-1.5)}
    sums = {name: training_data.sha256(content) for name, content in files.items()}
    # Another one in every run, so that each training has something new to compare with.
    name = f"weak-{ids.derived_id('test', str(time.time()))[:8]}"
    for stem, content in files.items():
        lake.put(model_store.file_key(KIND, name, f"{stem}.json"), content)
    made = {"files": sums, "facts": {"source": "a test"}, "validation": {}}
    lake.put(model_store.file_key(KIND, name, "training.json"), json.dumps(made).encode())
    quiet = {"t_max": [number / 500 for number in range(500)]}
    world = drift.reference(quiet, "live", "2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z")
    lake.put(model_store.file_key(KIND, name, drift_references.NAME), world.model_dump_json().encode())
    now = datetime.now(UTC)
    version = Version(
        version=name,
        sha256=model_registry.sum_of(sums),
        files=sums,
        registered_at=clock.to_text(now),
        origin="a test",
    )
    registry = model_registry.register(Registry(kind=KIND), version, now)
    registry = model_registry.promote(registry, name, now, "a test")
    lake.put(model_store.registry_key(KIND), registry.model_dump_json().encode())
    return name


def scored(laptop: Cloud, version: str, first: datetime, probability: float, warmer: float = 0.0) -> None:
    """Rows of some sensors, a second apart, as the stream's consumer writes those of the sample."""
    with laptop.table("SensorResults").batch_writer() as batch:
        for sensor in range(SENSORS):
            for number in range(10):
                batch.put_item(
                    Item={
                        "sensor_id": f"T-{version}-{sensor}",
                        "timestamp": clock.to_text(first + timedelta(seconds=number * SENSORS + sensor)),
                        "sample": f"{KIND}#{version}",
                        "probabilities": {"fire": Decimal(str(probability))},
                        "features": {"t_max": Decimal(str(warmer + (sensor * 10 + number) / 300))},
                        "expires_at": int(time.time()) + 3600,
                    }
                )


def train(laptop: Cloud, **changes: Any) -> tuple[str, str]:
    """Start a training of few rows and a trial of seconds; its execution and its cut."""
    cut = clock.to_text(datetime.now(UTC).replace(microsecond=0))
    request = {
        "kind": KIND, "cut": cut, "cause": "operator", "seed": 7, "rows": 2400, "trials": 1, "budget_seconds": 5,
        "share": 0.5, "canary_seconds": 6, "check_seconds": 1,
    }  # fmt: skip
    arn: str = laptop.client("stepfunctions").start_execution(
        stateMachineArn=laptop.outputs["ModelTrainingStateMachineArn"],
        name=ids.execution_name(training_id(KIND, cut)),
        input=json.dumps(request | changes),
    )["executionArn"]
    return arn, cut


def ended(laptop: Cloud, arn: str) -> dict[str, Any]:
    """The output of an execution when it has ended."""
    states = laptop.client("stepfunctions")

    def found() -> Any:
        known = states.describe_execution(executionArn=arn)
        return known if known["status"] != "RUNNING" else None

    known = laptop.eventually(found, 60)
    assert known["status"] == "SUCCEEDED", known
    output: dict[str, Any] = json.loads(known["output"])
    return output


def on_trial(laptop: Cloud, lake: Lake) -> str:
    """The version on trial, once there is one."""
    found = laptop.eventually(lambda: lake.registry().in_state(model_registry.State.CANARY), 60)
    version: str = found.version
    return version


def with_a_trial(registry: Registry) -> Registry:
    """The registry while another execution tries another version."""
    now = datetime.now(UTC)
    other = Version(version="other", sha256="0", files={}, registered_at=clock.to_text(now), origin="a test")
    return model_registry.start_canary(model_registry.register(registry, other, now), "other", 0.01, now, "another")


def test_a_better_version_is_tried_promoted_and_gone_back_from(laptop: Cloud, lake: Lake, in_use: str) -> None:
    arn, _cut = train(laptop)
    version = on_trial(laptop, lake)
    registry = lake.registry()
    chosen = {model_registry.choose_version(registry, f"S-{number}") for number in range(100)}
    assert chosen == {version, in_use}
    # Both versions answer alike on live meters: nothing speaks against the new one.
    for name in (version, in_use):
        scored(laptop, name, datetime.now(UTC), 0.1)
    assert ended(laptop, arn)["state"] == "current"
    registry = lake.registry()
    assert registry.current == version
    found = registry.find(version)
    assert found
    card = (lake.get(model_store.file_key(KIND, version, "card.md")) or b"").decode()
    assert found.sha256 in card
    steps = [
        event["stateEnteredEventDetails"]["name"]
        for event in laptop.client("stepfunctions").get_execution_history(executionArn=arn, maxResults=1000)["events"]
        if event["type"] == "TaskStateEntered"
    ]
    assert [name for at, name in enumerate(steps) if name not in steps[:at]] == [
        "ClaimTraining", "PrepareData", "TrainModel", "EvaluateModel", "JudgeModel", "RegisterModel", "StartCanary",
        "WatchCanary", "PromoteModel", "AnnounceModel",
    ]  # fmt: skip


def test_drift_starts_a_training_and_a_version_that_cries_is_taken_back(laptop: Cloud, lake: Lake, in_use: str) -> None:
    # A day of its own in the future, whose rows are warmer than the reference.
    day = (datetime.now(UTC) + SPREAD).replace(hour=0, minute=0, second=0, microsecond=0)
    scored(laptop, in_use, day - timedelta(hours=12), 0.1, 5.0)
    # A whole training takes minutes and its trial days. Another trial is under way here, so this one ends by saying so;
    # a short one goes the same way in seconds.
    undisturbed = lake.get(model_store.registry_key(KIND)) or b""
    lake.put(model_store.registry_key(KIND), with_a_trial(lake.registry()).model_dump_json().encode())
    event = {"time": clock.to_text(day + timedelta(hours=1, minutes=45)), "kinds": [KIND]}
    functions = laptop.client("lambda").get_paginator("list_functions").paginate()
    names = [one["FunctionName"] for page in functions for one in page["Functions"]]
    (function,) = [name for name in names if "MeasureDriftFunction" in name]
    answer = laptop.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
    (found,) = json.loads(answer["Payload"].read())["found"]
    assert (found["outcome"], found["version"]) == ("DRIFTED", in_use), found
    assert "t_max has a population stability index" in found["reasons"][0]
    machine = laptop.outputs["ModelTrainingStateMachineArn"]
    name = ids.execution_name(training_id(KIND, clock.to_text(day)))
    started = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
    states = laptop.client("stepfunctions")
    request = json.loads(states.describe_execution(executionArn=started)["input"])
    assert request == {"kind": KIND, "cut": clock.to_text(day), "cause": "drift"}
    assert ended(laptop, started)["state"] == "busy"
    lake.put(model_store.registry_key(KIND), undisturbed)
    arn, _cut = train(laptop, canary_seconds=600)
    version = on_trial(laptop, lake)
    scored(laptop, in_use, datetime.now(UTC), 0.1)
    scored(laptop, version, datetime.now(UTC), 0.9)
    output = ended(laptop, arn)
    assert output["state"] == "rejected"
    assert "says yes to 100.0% of the rows" in output["reasons"][0]
    registry = lake.registry()
    assert registry.current == in_use
    refused = registry.find(version)
    assert refused
    assert refused.state is model_registry.State.REJECTED
    assert {model_registry.choose_version(registry, f"S-{number}") for number in range(100)} == {in_use}
