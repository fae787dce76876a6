"""The pipeline's queues in moto, and a look at what lies in them."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

QUEUES = {
    "UPDATE_QUEUE_URL": "meterflow-df-queue.fifo",
    "MAP_QUEUE_URL": "meterflow-map-gen-queue",
    "DASHBOARD_QUEUE_URL": "meterflow-dashboard-gen-queue",
}


@pytest.fixture(autouse=True)
def pipeline_queues(
    aws: None,  # noqa: ARG001 (the queues are made in it)
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[str], list[dict[str, Any]]]:
    """Makes the three queues and their settings; the value takes a setting's name and empties that queue."""
    urls = {}
    for setting, name in QUEUES.items():
        attributes = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
        urls[setting] = boto3.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        monkeypatch.setenv(setting, urls[setting])
    monkeypatch.setenv("MAP_TILES_URL", "none")

    def receive(setting: str) -> list[dict[str, Any]]:
        client, messages = boto3.client("sqs"), []
        request = {"QueueUrl": urls[setting], "MaxNumberOfMessages": 10, "AttributeNames": ["All"]}
        while found := client.receive_message(**request).get("Messages"):
            for message in found:
                client.delete_message(QueueUrl=urls[setting], ReceiptHandle=message["ReceiptHandle"])
                messages.append(message | {"json": json.loads(message["Body"])})
        return messages

    return receive
