"""Calls of the API as API Gateway passes them on, and a meter to call about."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from meterflow.adapters import meters
from meterflow.meter import Location, Meter, MeterKind
from meterflow.observability import metrics

CUSTOMER = "00000000-0000-4000-8000-000000000001"


@pytest.fixture(autouse=True)
def _no_metrics_left() -> None:
    """Metrics that are switched off are never flushed, and the hundredth of a process would warn."""
    metrics.clear_metrics()


@pytest.fixture
def call(load_handler: Any, lambda_context: Any) -> Callable[..., tuple[int, Any]]:
    """`call(route, body=…, path=…, query=…, user=…, groups=…)` is the status and the body of the route's answer.

    It brings no AWS: a test that gets by without it shows that the route refuses before it looks anything up.
    """

    def answer(
        route: str,
        body: Any = None,
        *,
        path: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
        user: str = CUSTOMER,
        groups: str = "",
        token_use: str = "id",
    ) -> tuple[int, Any]:
        claims = {"sub": user, "token_use": token_use} | ({"cognito:groups": groups} if groups else {})
        event = {
            "pathParameters": path,
            "queryStringParameters": query,
            "requestContext": {"authorizer": {"claims": claims}},
            "body": body if isinstance(body, str | None) else json.dumps(body),
        }
        response = load_handler("api", route).handler(event, lambda_context)
        return response["statusCode"], json.loads(response["body"])

    return answer


@pytest.fixture
def meter(request: pytest.FixtureRequest) -> Callable[..., Meter]:
    """`meter("WTR-0001", owner=…)` registers a meter."""
    request.getfixturevalue("aws")

    def put(meter_id: str = "WTR-0001", **more: Any) -> Meter:
        one = Meter(
            meter_id=meter_id,
            kind=MeterKind.WATER,
            unit="m3",
            digits=5,
            decimals=3,
            max_daily=Decimal("60"),
            location=Location(lat=52.5, lon=13.4, address="12 Canary Street"),
            owner=CUSTOMER,
            registered_at="2026-01-01T00:00:00Z",
        ).model_copy(update=more)
        assert meters.put_new(one)
        return one

    return put
