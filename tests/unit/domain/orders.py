"""Jobs for the tests of the rules."""

from datetime import UTC, datetime, timedelta
from typing import Any

from meterflow.assignment import Choice
from meterflow.meter import Location, Meter, MeterKind
from meterflow.offers import answer, offer
from meterflow.work_order import Answer, WorkOrder, new_job

START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
DEADLINE = timedelta(minutes=15)


def order(**fields: Any) -> WorkOrder:
    """A new job of the execution `run-1`."""
    meter = Meter.model_validate(
        {
            "meter_id": "WTR-0001", "kind": MeterKind.WATER, "unit": "m3", "digits": 5, "decimals": 3,
            "max_daily": "60", "location": Location(lat=48.1, lon=11.5), "owner": "customer",
            "registered_at": "2026-01-01T00:00:00Z",
        }
    )  # fmt: skip
    facts: dict[str, Any] = {
        "job_key": "need-1", "cause": "anomaly", "meter": meter, "risk_level": "HIGH", "reason": "Leak",
        "holder": "run-1", "now": START,
    }  # fmt: skip
    return new_job(**{**facts, **fields})


def choice(technician_id: str | None = "A") -> Choice:
    """The choice of `technician_id`."""
    return Choice(technician_id=technician_id, why="nearest")


def offered(to: str = "A", job: WorkOrder | None = None) -> WorkOrder:
    """A job that is offered to `to`."""
    return offer(job or order(), choice(to), "run-1", DEADLINE, START).job


def accepted(by: str = "A") -> WorkOrder:
    """A job that `by` has accepted."""
    return answer(offered(by), by, Answer.ACCEPTED, START).job
