"""Fixtures of the unit tests: no sockets, a fake AWS made from the storage template itself."""

import importlib.util
import json
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
import yaml
from moto import mock_aws
from moto.dynamodb.responses import DynamoHandler
from pytest_socket import socket_allow_hosts

from meterflow import observability

ROOT = Path(__file__).parents[2]
REGION = "eu-central-1"


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short tags as plain values: enough to create tables and buckets."""


def _plain(loader: Any, _tag: str, node: Any) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True)


_Loader.add_multi_constructor("!", _plain)


@cache
def storage_resources() -> dict[str, Any]:
    """The resources of stacks/storage.yaml."""
    template = yaml.load((ROOT / "stacks/storage.yaml").read_text(), Loader=_Loader)
    resources: dict[str, Any] = template["Resources"]
    return resources


def _variable(logical_id: str, kind: str) -> str:
    stem = logical_id.removesuffix(kind)
    words = "".join(f"_{c}" if c.isupper() else c.upper() for c in stem).lstrip("_")
    return f"{words}_{kind.upper()}"


@cache
def _client(service: str) -> Any:
    """A client for preparing the fake AWS, made once: making one costs more than a test does."""
    return boto3.client(service, region_name=REGION)


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No network beyond this machine, no account, and the same region and credentials for every test."""
    socket_allow_hosts(["127.0.0.1", "localhost"], allow_unix_socket=True)
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_ENDPOINT_URL_REKOGNITION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "true")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Meterflow")
    yield
    # Powertools does not clear what it does not flush, and refuses the hundredth metric.
    observability.metrics.clear_metrics()
    socket_allow_hosts(None)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every table and bucket of the storage template in moto, the bus, and the functions' environment."""
    with mock_aws():
        dynamodb, s3 = _client("dynamodb"), _client("s3")
        for logical_id, resource in storage_resources().items():
            properties = resource.get("Properties", {})
            if resource["Type"] == "AWS::DynamoDB::Table":
                name = f"meterflow-{logical_id}"
                wanted = ("AttributeDefinitions", "KeySchema", "BillingMode", "GlobalSecondaryIndexes")
                dynamodb.create_table(TableName=name, **{k: properties[k] for k in wanted if k in properties})
                monkeypatch.setenv(_variable(logical_id, "Table"), name)
            elif resource["Type"] == "AWS::S3::Bucket":
                name = f"meterflow-{logical_id.removesuffix('Bucket').lower()}"
                s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
                s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
                monkeypatch.setenv(_variable(logical_id, "Bucket"), name)
        s3.create_bucket(Bucket="meterflow-site", CreateBucketConfiguration={"LocationConstraint": REGION})
        monkeypatch.setenv("SITE_BUCKET", "meterflow-site")
        _client("events").create_event_bus(Name="meterflow")
        monkeypatch.setenv("EVENT_BUS", "meterflow")
        yield


@pytest.fixture
def atomic_items(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    """DynamoDB changes an item at once, condition and all; moto lets two threads in between. One lock mends that, and
    a test with threads then shows what our code does: a read followed by a write still races."""
    lock = threading.RLock()
    for name in ("put_item", "update_item", "delete_item"):
        original = getattr(DynamoHandler, name)

        def locked(*arguments: Any, _original: Any = original, **named: Any) -> Any:
            with lock:
                return _original(*arguments, **named)

        monkeypatch.setattr(DynamoHandler, name, locked)


@dataclass(frozen=True)
class LambdaContext:
    """What a handler may ask of its context."""

    function_name: str = "function-under-test"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = f"arn:aws:lambda:{REGION}:123456789012:function:function-under-test"
    aws_request_id: str = "00000000-0000-4000-8000-00000000c0de"

    def get_remaining_time_in_millis(self) -> int:
        """Always plenty."""
        return 15_000


@pytest.fixture
def lambda_context() -> LambdaContext:
    """A context as Lambda passes it."""
    return LambdaContext()


@pytest.fixture
def load_handler() -> Callable[[str, str], ModuleType]:
    """`load_handler(workflow, step)` imports that function's app.py afresh under a name of its own."""

    def load(workflow: str, step: str) -> ModuleType:
        path = ROOT / "functions" / workflow / step / "app.py"
        if str(path.parent) not in sys.path:
            # Lambda has the function's folder on the path; modules beside app.py have names of their own.
            sys.path.append(str(path.parent))
        name = f"functions_{workflow}_{step}_app"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture
def event() -> Callable[[str], Any]:
    """`event("workflow/step")` is the sample event in events/."""

    def load(name: str) -> Any:
        return json.loads((ROOT / "events" / f"{name}.json").read_text())

    return load
