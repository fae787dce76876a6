"""A small utility for the tests of dispatch: two meters, four technicians, a clock, and a machine that waits.

Everything runs through the real adapters. One place stands between them and moto: there the bus and the task tokens
are watched, and there a test can make any single call fail before or after it took effect.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from meterflow import clock, settings
from meterflow.adapters import jobs, meters, technicians
from meterflow.adapters.aws import table
from meterflow.meter import Location, Meter, MeterKind
from meterflow.observability import metrics
from meterflow.technician import Technician
from meterflow.work_order import WorkOrder, job_id
from tests.unit.conftest import LambdaContext

START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
CUSTOMER = "00000000-0000-4000-8000-000000000001"
NEAR, NEXT, FAR, GAS_FITTER = "near", "next", "far", "gas-fitter"
KEY = "need-1"
JOB = job_id(KEY)


class Died(Exception):
    """The process ended here."""


class Dispatch:
    """The utility, its clock, what it has published, and what its waiting machine was told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, load: Callable[[str, str], ModuleType]) -> None:
        self.now, self.load = START, load
        self.published: list[tuple[str, dict[str, Any]]] = []
        self.told: dict[str, Any] = {}
        self.over: set[str] = set()
        self.operations: list[str] = []
        self.calls, self.fail_at, self.fail_after = 0, 0, False
        monkeypatch.setattr(clock, "now", lambda: self.now)
        monkeypatch.setattr(BaseClient, "_make_api_call", self._watched(BaseClient._make_api_call))
        for name, lat in (("WTR-0001", 48.137), ("WTR-0002", 48.2)):
            self.add_meter(name, lat)
        for name, lat, skills in (
            (NEAR, 48.139, {"water", "gas"}),
            (NEXT, 48.150, {"water"}),
            (FAR, 48.190, {"water"}),
            (GAS_FITTER, 48.137, {"gas"}),
        ):
            self.add_technician(name, lat, skills)

    def _watched(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
            self.calls += 1
            self.operations.append(operation)
            if self.calls == self.fail_at and not self.fail_after:
                raise Died
            try:
                answer = self._send(operation, parameters) if operation == "SendTaskSuccess" else None
                answer = real(client, operation, parameters) if answer is None else answer
            finally:
                if operation == "PutEvents":
                    self.published += [(e["DetailType"], json.loads(e["Detail"])) for e in parameters["Entries"]]
                if self.calls == self.fail_at:
                    raise Died
            return answer

        return call

    def _send(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        token = parameters["taskToken"]
        if token in self.over or token in self.told:
            raise ClientError({"Error": {"Code": "TaskTimedOut", "Message": ""}}, operation)
        self.told[token] = json.loads(parameters["output"])
        return {}

    def die_at(self, call: int, after: bool = False) -> None:
        """Make the `call`-th AWS call from now fail, before or after its effect."""
        self.calls, self.fail_at, self.fail_after = 0, call, after

    def add_meter(self, meter_id: str, lat: float, owner: str = CUSTOMER) -> None:
        """Register a water meter."""
        meter = Meter.model_validate(
            {
                "meter_id": meter_id, "kind": MeterKind.WATER, "unit": "m3", "digits": 5, "decimals": 3,
                "max_daily": "60", "location": Location(lat=lat, lon=11.575, address="Marienplatz 1"),
                "owner": owner, "registered_at": "2026-01-01T00:00:00Z",
            }
        )  # fmt: skip
        assert meters.put_new(meter)

    def add_technician(self, technician_id: str, lat: float, skills: set[str], **fields: Any) -> None:
        """Hire somebody who always works."""
        table(settings.setting("TECHNICIANS_TABLE")).put_item(
            Item={
                "technician_id": technician_id, "name": "Toni Canary", "phone": "+49891234567",
                "email": "canary@example.org", "skills": sorted(skills), "active": True, "load": 0,
                "base": {"lat": str(lat), "lon": "11.575"}, "shift": {"from": "00:00", "to": "24:00"}, **fields,
            }
        )  # fmt: skip

    def step(self, name: str, **payload: Any) -> dict[str, Any]:
        """Invoke a step's function."""
        # Powertools keeps what it cannot flush (metrics are off in tests) and warns at the hundredth value.
        metrics.clear_metrics()
        result: dict[str, Any] = self.load("technician_dispatch", name).handler(payload, LambdaContext())
        return result

    def api(
        self,
        name: str,
        who: str = NEAR,
        groups: str = "technician",
        body: Any = None,
        query: dict[str, str] | None = None,
        job: str = JOB,
    ) -> tuple[int, dict[str, Any]]:
        """Call a route; the status and the body of its answer."""
        event = {
            "requestContext": {"authorizer": {"claims": {"sub": who, "token_use": "id", "cognito:groups": groups}}},
            "pathParameters": {"job_id": job},
            "queryStringParameters": query,
            "body": None if body is None else json.dumps(body),
        }
        metrics.clear_metrics()
        answer = self.load("api", name).handler(event, LambdaContext())
        return answer["statusCode"], json.loads(answer["body"])

    def create(self, holder: str = "run-1", key: str = KEY, meter_id: str = "WTR-0001") -> dict[str, Any]:
        """CreateJob."""
        return self.step(
            "create_job",
            job_key=key,
            cause="anomaly",
            meter_id=meter_id,
            risk_level="HIGH",
            reason="Leak",
            holder=holder,
        )

    def offer(
        self, to: str = NEAR, token: str = "token-1", holder: str = "run-1", seconds: int = 900
    ) -> dict[str, Any]:
        """OfferJob."""
        return self.step(
            "offer_job", job_id=JOB, technician_id=to, why="nearest", holder=holder, task_token=token,
            deadline_seconds=seconds,
        )  # fmt: skip

    def accepted(self) -> None:
        """A job that NEAR has accepted."""
        self.create()
        self.offer()
        assert self.api("accept_job")[0] == 200

    def pass_time(self, **delta: float) -> None:
        """Move the clock."""
        self.now += timedelta(**delta)

    @property
    def job(self) -> WorkOrder:
        """The job as its row stands."""
        return jobs.existing(JOB).job

    def loads(self) -> dict[str, int]:
        """Everyone's load."""
        return {one.technician_id: one.load for one in technicians.everyone()}

    def open_job(self, meter_id: str = "WTR-0001") -> str | None:
        """The meter's open job."""
        meter = meters.get(meter_id)
        assert meter is not None
        return meter.open_job

    def events(self, detail_type: str) -> list[dict[str, Any]]:
        """What was published under `detail_type`, as a listener sees it: each event_id once."""
        return list({detail["event_id"]: detail for kind, detail in self.published if kind == detail_type}.values())


def at_work(request: pytest.FixtureRequest) -> Dispatch:
    """The utility with its tables, for a fixture of a test module."""
    request.getfixturevalue("aws")
    return Dispatch(request.getfixturevalue("monkeypatch"), request.getfixturevalue("load_handler"))


def people() -> list[Technician]:
    """Everyone, as dispatch sees them."""
    return technicians.everyone()
