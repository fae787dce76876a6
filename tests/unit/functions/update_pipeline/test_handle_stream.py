"""The stream handler: clean messages in the right groups, no personal data, a poisoned record alone."""

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from meterflow.adapters import queues
from meterflow.errors import TransientError
from meterflow.fleet import Change

Receive = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def app(load_handler: Callable[[str, str], ModuleType]) -> ModuleType:
    return load_handler("update_pipeline", "handle_stream")


@pytest.fixture
def stream_event(event: Callable[[str], Any]) -> dict[str, Any]:
    loaded: dict[str, Any] = event("update_pipeline/handle_stream")
    return loaded


def test_each_change_becomes_a_message_of_its_shard(
    app: ModuleType, stream_event: dict[str, Any], pipeline_queues: Receive, lambda_context: Any
) -> None:
    assert app.handler(stream_event, lambda_context) == {"batchItemFailures": []}
    messages = pipeline_queues("UPDATE_QUEUE_URL")
    changes = [Change.model_validate(message["json"]) for message in messages]
    assert [change.meter_id for change in changes] == ["WTR-0001", "GAS-0001"]
    assert [message["Attributes"]["MessageGroupId"] for message in messages] == [one.shard for one in changes]
    assert changes[0].sequence == stream_event["Records"][0]["dynamodb"]["SequenceNumber"]
    assert changes[1].state is not None
    assert (changes[1].state.risk, changes[1].state.open_job) == ("HIGH", True)


def test_no_personal_data_enters_the_queue(
    app: ModuleType, stream_event: dict[str, Any], pipeline_queues: Receive, lambda_context: Any
) -> None:
    app.handler(stream_event, lambda_context)
    text = json.dumps([message["Body"] for message in pipeline_queues("UPDATE_QUEUE_URL")])
    for secret in ("Sample Street", "SN-", "00000000-0000", "00123.456"):
        assert secret not in text


def test_a_batch_that_comes_twice_is_queued_once(
    app: ModuleType, stream_event: dict[str, Any], pipeline_queues: Receive, lambda_context: Any
) -> None:
    app.handler(stream_event, lambda_context)
    app.handler(stream_event, lambda_context)
    assert len(pipeline_queues("UPDATE_QUEUE_URL")) == 2


def test_a_removed_meter_leaves_its_shard(
    app: ModuleType, stream_event: dict[str, Any], pipeline_queues: Receive, lambda_context: Any
) -> None:
    record = stream_event["Records"][0]
    record["eventName"] = "REMOVE"
    del record["dynamodb"]["NewImage"]
    app.handler({"Records": [record]}, lambda_context)
    (message,) = pipeline_queues("UPDATE_QUEUE_URL")
    assert Change.model_validate(message["json"]).removed


@pytest.mark.parametrize(
    "poison",
    [
        {"meter_id": {"S": "X"}},
        {"meter_id": {"S": "X"}, "kind": {"S": "gas"}, "latest": {"M": {"taken_at": {"S": "yesterday"}}}},
        {"meter_id": {"S": "X"}, "kind": {"S": "gas"}, "latest": {"S": "nonsense"}},
    ],
)
def test_a_poisoned_record_is_named_and_those_before_it_go_on(
    app: ModuleType,
    stream_event: dict[str, Any],
    pipeline_queues: Receive,
    lambda_context: Any,
    poison: dict[str, Any],
) -> None:
    first, second = stream_event["Records"]
    third = json.loads(json.dumps(second))
    second["dynamodb"]["NewImage"] = poison
    third["dynamodb"]["SequenceNumber"], third["eventID"] = "1405400000000002063282999", "third"
    answer = app.handler({"Records": [first, second, third]}, lambda_context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": second["dynamodb"]["SequenceNumber"]}]}
    assert [message["json"]["meter_id"] for message in pipeline_queues("UPDATE_QUEUE_URL")] == ["WTR-0001"]
    # What Lambda does next: bisect, give the poison up, and go on behind it.
    assert app.handler({"Records": [third]}, lambda_context) == {"batchItemFailures": []}


def test_a_poisoned_row_that_is_mended_counts_as_new(
    app: ModuleType, stream_event: dict[str, Any], pipeline_queues: Receive, lambda_context: Any
) -> None:
    record = stream_event["Records"][0]
    record["dynamodb"]["OldImage"] = {"meter_id": {"S": "WTR-0001"}}
    assert app.handler({"Records": [record]}, lambda_context) == {"batchItemFailures": []}
    assert len(pipeline_queues("UPDATE_QUEUE_URL")) == 1


def test_a_refused_message_is_named(
    app: ModuleType,
    stream_event: dict[str, Any],
    lambda_context: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(queues, "send_in_order", lambda _url, _messages: 1)
    answer = app.handler(stream_event, lambda_context)
    sequence = stream_event["Records"][1]["dynamodb"]["SequenceNumber"]
    assert answer == {"batchItemFailures": [{"itemIdentifier": sequence}]}


def test_an_outage_fails_the_batch(
    app: ModuleType,
    stream_event: dict[str, Any],
    lambda_context: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def down(*_args: Any) -> int:
        raise TransientError("SendMessageBatch")

    monkeypatch.setattr(queues, "send_in_order", down)
    with pytest.raises(TransientError):
        app.handler(stream_event, lambda_context)
