"""The df-updater: order within a shard, nothing lost when it dies in between, the generators told."""

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from meterflow.adapters import queues, source_of_truth
from meterflow.errors import TransientError

Receive = Callable[[str], list[dict[str, Any]]]


class Died(Exception):
    """The process was killed."""


@pytest.fixture
def app(load_handler: Callable[[str, str], ModuleType]) -> ModuleType:
    return load_handler("update_pipeline", "update_source")


@pytest.fixture
def queue_event(event: Callable[[str], Any]) -> dict[str, Any]:
    loaded: dict[str, Any] = event("update_pipeline/update_source")
    return loaded


def copy_of(record: dict[str, Any], message_id: str, **changes: Any) -> dict[str, Any]:
    copied: dict[str, Any] = json.loads(json.dumps(record)) | {"messageId": message_id}
    copied["body"] = json.dumps(json.loads(record["body"]) | changes)
    return copied


def test_changes_reach_shards_manifest_and_generators(
    app: ModuleType, queue_event: dict[str, Any], pipeline_queues: Receive, lambda_context: Any
) -> None:
    assert app.handler(queue_event, lambda_context) == {"batchItemFailures": []}
    current = source_of_truth.load_manifest()
    names = [record["attributes"]["MessageGroupId"] for record in queue_event["Records"]]
    assert sorted(current.shards) == sorted(names)
    assert set(source_of_truth.load_shard(names[0]).meters) == {"WTR-0001"}
    for queue in ("MAP_QUEUE_URL", "DASHBOARD_QUEUE_URL"):
        assert [m["json"]["manifest_version"] for m in pipeline_queues(queue)] == [current.version]


def test_a_duplicate_changes_nothing(app: ModuleType, queue_event: dict[str, Any], lambda_context: Any) -> None:
    app.handler(queue_event, lambda_context)
    before = source_of_truth.load_manifest()
    app.handler(queue_event, lambda_context)
    assert source_of_truth.load_manifest() == before


def test_a_failed_message_takes_the_later_ones_of_its_shard_with_it(
    app: ModuleType, queue_event: dict[str, Any], lambda_context: Any
) -> None:
    water, gas = queue_event["Records"]
    poison = copy_of(water, "poison", sequence="not a number")
    later = copy_of(water, "later", sequence="9999999999999999999999999")
    answer = app.handler({"Records": [water, poison, gas, later]}, lambda_context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "poison"}, {"itemIdentifier": "later"}]}
    assert len(source_of_truth.load_manifest().shards) == 2
    shard = source_of_truth.load_shard(water["attributes"]["MessageGroupId"])
    assert shard.meters["WTR-0001"].sequence == json.loads(water["body"])["sequence"]


def test_a_message_in_another_shards_group_is_refused(
    app: ModuleType, queue_event: dict[str, Any], pipeline_queues: Receive, lambda_context: Any
) -> None:
    stray = copy_of(queue_event["Records"][0], "stray", shard="u0000")
    answer = app.handler({"Records": [stray]}, lambda_context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "stray"}]}
    assert source_of_truth.load_manifest().shards == {}
    assert pipeline_queues("MAP_QUEUE_URL") == []


def test_a_shard_that_cannot_be_written_goes_back_alone(
    app: ModuleType,
    queue_event: dict[str, Any],
    lambda_context: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    water, gas = queue_event["Records"]
    original = source_of_truth.update_shard

    def flaky(name: str, *args: Any) -> Any:
        if name == water["attributes"]["MessageGroupId"]:
            raise TransientError("PutObject")
        return original(name, *args)

    monkeypatch.setattr(source_of_truth, "update_shard", flaky)
    answer = app.handler(queue_event, lambda_context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": water["messageId"]}]}
    assert list(source_of_truth.load_manifest().shards) == [gas["attributes"]["MessageGroupId"]]


@pytest.mark.parametrize("victim", ["update_manifest", "send"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_anywhere_a_second_delivery_ends_alike(
    app: ModuleType,
    queue_event: dict[str, Any],
    pipeline_queues: Receive,
    lambda_context: Any,
    monkeypatch: pytest.MonkeyPatch,
    victim: str,
    moment: str,
) -> None:
    module: Any = source_of_truth if victim == "update_manifest" else queues
    original = getattr(module, victim)

    def die(*args: Any) -> Any:
        if moment == "after":
            original(*args)
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(module, victim, die)
        with pytest.raises(Died):
            app.handler(queue_event, lambda_context)
    assert app.handler(queue_event, lambda_context) == {"batchItemFailures": []}
    current = source_of_truth.load_manifest()
    assert len(current.shards) == 2
    for queue in ("MAP_QUEUE_URL", "DASHBOARD_QUEUE_URL"):
        assert pipeline_queues(queue)[-1]["json"]["manifest_version"] == current.version


def test_an_outage_of_a_queue_fails_the_batch(
    app: ModuleType,
    queue_event: dict[str, Any],
    lambda_context: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def down(*_args: Any) -> None:
        raise TransientError("SendMessage")

    monkeypatch.setattr(queues, "send", down)
    with pytest.raises(TransientError):
        app.handler(queue_event, lambda_context)
