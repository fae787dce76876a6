"""Photos, meters and submissions for the steps of image_validation, and stand-ins for what moto lacks."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from meterflow.adapters import bus, meters, readings, task_tokens
from meterflow.adapters import rekognition as rekognition_adapter
from meterflow.meter import Location, Meter, MeterKind
from meterflow.observability import metrics
from meterflow.reading import Reading, Source

CUSTOMER = "00000000-0000-4000-8000-000000000001"
KEY = f"uploads/{CUSTOMER}/4f5b.jpg"
TAKEN_AT = "2026-11-20T08:00:00Z"


@pytest.fixture(autouse=True)
def _no_metrics_left() -> None:
    """Metrics that are switched off are never flushed, and the hundredth of a process would warn."""
    metrics.clear_metrics()


@pytest.fixture
def upload(aws: None) -> Callable[..., str]:  # noqa: ARG001
    """`upload(content, key)` puts an upload as a person would and returns its version."""

    def put(content: bytes, key: str = KEY) -> str:
        answer = boto3.client("s3").put_object(Bucket="meterflow-uploads", Key=key, Body=content)
        return str(answer["VersionId"])

    return put


@pytest.fixture
def rekognition(aws: None) -> Iterator[Stubber]:  # noqa: ARG001
    """Rekognition with the answers that a test queues; it fails on a call that nobody foresaw."""
    rekognition_adapter.client.cache_clear()
    with Stubber(rekognition_adapter.client()) as stubber:
        yield stubber
    rekognition_adapter.client.cache_clear()


@pytest.fixture
def meter(aws: None) -> Meter:  # noqa: ARG001
    """The seeded customer's gas meter."""
    one = Meter(
        meter_id="GAS-0001",
        kind=MeterKind.GAS,
        unit="m3",
        digits=5,
        decimals=3,
        max_daily=Decimal("144"),
        location=Location(lat=52.5, lon=13.4, address="12 Canary Street"),
        owner=CUSTOMER,
        registered_at="2026-01-01T00:00:00Z",
        open_reviews=frozenset({"s-1"}),
    )
    assert meters.put_new(one)
    return one


@pytest.fixture
def in_review(meter: Meter) -> Reading:  # noqa: ARG001
    """A submission that waits for a review."""
    reading = Reading(
        submission_id="s-1",
        meter_id="GAS-0001",
        value="06376.341",
        taken_at=TAKEN_AT,
        source=Source.CUSTOMER,
        submitted_by=CUSTOMER,
        photo_key=KEY,
        fingerprint="f",
        received_at=TAKEN_AT,
        status="NEEDS_REVIEW",
        risk_level="HIGH",
    )
    readings.put_new_submission(reading)
    return reading


@pytest.fixture
def review_request() -> dict[str, Any]:
    """The detail of ReviewRequested for that submission."""
    return {
        "purpose": "review",
        "submission_id": "s-1",
        "meter_id": "GAS-0001",
        "customer_id": CUSTOMER,
        "photo_key": KEY,
        "value": "06376.341",
        "taken_at": TAKEN_AT,
        "verdict": "UNREADABLE",
        "reasons": ["photo_unreadable", "blurred"],
    }


class Machines:
    """Step Functions as far as task tokens go: a token in `waiting` can be answered once."""

    def __init__(self) -> None:
        self.waiting: set[str] = set()
        self.answers: list[tuple[str, str]] = []

    def send_task_success(self, *, taskToken: str, output: str) -> dict[str, Any]:  # noqa: N803
        """As AWS: TaskTimedOut for a token that nothing waits for."""
        if taskToken not in self.waiting:
            raise ClientError({"Error": {"Code": "TaskTimedOut", "Message": "Task Timed Out"}}, "SendTaskSuccess")
        self.waiting.discard(taskToken)
        self.answers.append((taskToken, output))
        return {}


@pytest.fixture
def machines(monkeypatch: pytest.MonkeyPatch) -> Machines:
    """The machines that wait for tokens."""
    stand_in = Machines()
    monkeypatch.setattr(task_tokens, "client", lambda _service: stand_in)
    return stand_in


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What went to the bus."""
    events: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(bus, "publish", lambda kind, detail: events.append((kind, detail)))
    return events
