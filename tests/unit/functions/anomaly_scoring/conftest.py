"""A meter with eight usual weeks, and ears on the topics and the bus."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import boto3
import pytest

from meterflow.adapters import aws as aws_adapter
from meterflow.adapters import meters, readings
from meterflow.meter import Location, Meter, MeterKind
from meterflow.reading import Quality, Reading, Source, Status

LAST = datetime(2026, 11, 14, 8, tzinfo=UTC)
ALERT_ID = "ALERT-2026-11-21-341A8F576DED"


@pytest.fixture
def meter(aws: None) -> Meter:  # noqa: ARG001
    """WTR-0001 in its table."""
    found = Meter(
        meter_id="WTR-0001",
        kind=MeterKind.WATER,
        unit="m3",
        digits=5,
        decimals=3,
        max_daily=Decimal(60),
        location=Location(lat=38.3452, lon=-0.48301, address="Calle Privada 7"),
        zone="STANDARD",
        owner="00000000-0000-4000-8000-000000000001",
        registered_at="2025-01-01T00:00:00Z",
    )
    meters.put_new(found)
    return found


@pytest.fixture
def put_reading(meter: Meter) -> Callable[..., None]:
    """`put_reading(weeks, value, …)` records a reading so many weeks before LAST."""

    def put(
        weeks: int | Fraction,
        value: str,
        status: Status = Status.ACCEPTED,
        quality: Quality = Quality.VALID,
        taken_at: str = "",
    ) -> None:
        taken_at = taken_at or (LAST - timedelta(weeks=float(weeks))).strftime("%Y-%m-%dT%H:%M:%SZ")
        readings.put_new_submission(
            Reading(
                submission_id=f"past-{weeks}-{taken_at}-{value}-{status}",
                meter_id="WTR-0001",
                value=value,
                taken_at=taken_at,
                source=Source.CUSTOMER,
                submitted_by=meter.owner,
                fingerprint="f",
                received_at=taken_at,
                status=status,
                quality=quality,
            )
        )

    return put


@pytest.fixture
def usual_weeks(put_reading: Callable[..., None]) -> None:
    """Nine readings, 2.5 m3 a week, the last 00412.350 on LAST."""
    for weeks in range(9):
        put_reading(weeks, f"{Decimal('412.350') - weeks * Decimal('2.5'):09.3f}")


class Ears:
    """What the topics and the bus were told."""

    def __init__(self) -> None:
        self.sqs = boto3.client("sqs")
        self.queues = {
            name: self.sqs.create_queue(QueueName=name)["QueueUrl"]
            for name in ("critical", "maintenance", "system", "bus")
        }

    def arn(self, name: str) -> str:
        answer = self.sqs.get_queue_attributes(QueueUrl=self.queues[name], AttributeNames=["QueueArn"])
        return str(answer["Attributes"]["QueueArn"])

    def take(self, name: str) -> list[dict[str, Any]]:
        """Every message on `name`, taken from it."""
        found = []
        while messages := self.sqs.receive_message(QueueUrl=self.queues[name], MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                found.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.queues[name], ReceiptHandle=message["ReceiptHandle"])
        return found


@pytest.fixture
def ears(aws: None, monkeypatch: pytest.MonkeyPatch) -> Ears:  # noqa: ARG001
    """Queues behind the critical and maintenance topics and the bus."""
    listening = Ears()
    sns, events = boto3.client("sns"), boto3.client("events")
    for name in ("critical", "maintenance", "system"):
        topic = sns.create_topic(Name=name)["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=listening.arn(name))
        monkeypatch.setenv(f"{name.upper()}_ALERTS_TOPIC", topic)
    events.put_rule(Name="all", EventBusName="meterflow", EventPattern=json.dumps({"source": ["meterflow"]}))
    events.put_targets(Rule="all", EventBusName="meterflow", Targets=[{"Id": "ears", "Arn": listening.arn("bus")}])
    return listening


@pytest.fixture
def dies(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """`dies(service, operation)`: the next such call kills the process before it is made, or `after` it."""

    def arrange(service: str, operation: str, after: bool = False) -> None:
        target = aws_adapter.client(service)
        real = getattr(target, operation)

        def call(*args: Any, **kwargs: Any) -> Any:
            monkeypatch.setattr(target, operation, real)
            if after:
                real(*args, **kwargs)
            raise KeyboardInterrupt("the process died")

        monkeypatch.setattr(target, operation, call)

    return arrange
