"""The dashboard: the figures of the manifest, once per manifest, escaped."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest

from meterflow import clock, manifest
from meterflow.adapters import site, source_of_truth
from meterflow.fleet import Change, MeterState

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
EVIL = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"


@pytest.fixture
def app(load_handler: Callable[[str, str], ModuleType]) -> ModuleType:
    return load_handler("update_pipeline", "generate_dashboard")


def due(**fields: Any) -> dict[str, Any]:
    return {"Records": [{"messageId": "m", "body": json.dumps(fields)}]}


def put(**meters: dict[str, Any]) -> None:
    changes = [
        Change(
            meter_id=meter_id,
            shard="u33db",
            sequence="1",
            changed_at="2026-11-21T08:00:00Z",
            state=MeterState.model_validate({"meter_id": meter_id, "kind": "water", "zone": "centre"} | facts),
        )
        for meter_id, facts in meters.items()
    ]
    shard = source_of_truth.update_shard("u33db", changes, NOW)
    source_of_truth.update_manifest({"u33db": manifest.entry_of(shard)}, NOW)


def test_an_empty_city_has_a_dashboard(app: ModuleType, lambda_context: Any) -> None:
    assert app.handler(due(), lambda_context)["outcome"] == "PUBLISHED"
    assert "No meters yet" in (site.read("dashboard.html") or "")


def test_figures_and_list(app: ModuleType, lambda_context: Any) -> None:
    put(a={"risk": "CRITICAL"}, b={"risk": "CRITICAL"}, c={"needs_review": True}, d={"read_at": "2026-11-20T08:00:00Z"})
    assert app.handler(due(), lambda_context)["outcome"] == "PUBLISHED"
    page = site.read("dashboard.html") or ""
    assert "2 meters at critical risk" in page
    assert "<dt>Meters</dt><dd>4</dd>" in page
    assert "<dt>Waiting for review</dt><dd>1</dd>" in page
    assert page.index('<th scope="row">a</th>') < page.index('<th scope="row">c</th>')
    assert '<th scope="row">d</th>' not in page


def test_the_same_manifest_is_published_once_a_day(
    app: ModuleType, lambda_context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(d={"read_at": "2026-11-20T08:00:00Z"})
    monkeypatch.setattr(clock, "now", lambda: NOW)
    assert app.handler(due(), lambda_context)["outcome"] == "PUBLISHED"
    assert app.handler(due(), lambda_context)["outcome"] == "CURRENT"
    monkeypatch.setattr(clock, "now", lambda: datetime(2027, 1, 5, tzinfo=UTC))
    assert app.handler(due(), lambda_context)["outcome"] == "PUBLISHED"
    assert "<dt>Overdue</dt><dd>1</dd>" in (site.read("dashboard.html") or "")
    assert app.handler(due(rebuild=True), lambda_context)["outcome"] == "PUBLISHED"


def test_what_people_write_never_becomes_markup(app: ModuleType, lambda_context: Any) -> None:
    put(**{EVIL: {"risk": "HIGH", "zone": EVIL, "kind": EVIL}})
    app.handler(due(), lambda_context)
    page = site.read("dashboard.html") or ""
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "<img" not in page
    assert "alert(2)</script>" not in page
