"""Messages leave in order, and the count of those taken tells where to go on."""

from typing import Any

import boto3
import pytest

from meterflow.adapters import queues
from meterflow.adapters.queues import FifoMessage

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def fifo() -> str:
    answer = boto3.client("sqs").create_queue(QueueName="df-queue.fifo", Attributes={"FifoQueue": "true"})
    return str(answer["QueueUrl"])


def received(url: str) -> list[str]:
    bodies = []
    while found := boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in found:
            bodies.append(message["Body"])
            boto3.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return bodies


def test_more_than_one_batch_keeps_its_order(fifo: str) -> None:
    messages = [FifoMessage(str(n), "u33db", f"id-{n}") for n in range(23)]
    assert queues.send_in_order(fifo, messages) == 23
    assert received(fifo) == [str(n) for n in range(23)]


def test_sending_again_adds_nothing(fifo: str) -> None:
    messages = [FifoMessage("a", "u33db", "id-a")]
    queues.send_in_order(fifo, messages)
    queues.send_in_order(fifo, messages)
    assert received(fifo) == ["a"]


def test_a_refused_message_ends_the_count(monkeypatch: pytest.MonkeyPatch, fifo: str) -> None:
    client = boto3.client("sqs")
    calls: list[int] = []

    class Refusing:
        def send_message_batch(self, **request: Any) -> Any:
            calls.append(len(request["Entries"]))
            if len(calls) == 2:
                return {"Failed": [{"Id": "3"}, {"Id": "5"}], "Successful": []}
            return client.send_message_batch(**request)

    monkeypatch.setattr(queues, "client", lambda _service: Refusing())
    assert queues.send_in_order(fifo, [FifoMessage(str(n), "g", f"id-{n}") for n in range(25)]) == 13
    assert calls == [10, 10]
