"""Which models score: the registry's choice, and something safe whatever fails on the way."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from meterflow import model_registry, training_data
from meterflow.adapters import model_store, served_models
from meterflow.errors import TransientError
from meterflow.model_registry import SHIPPED, Registry, Version

NOW = datetime(2026, 11, 21, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture(autouse=True)
def _cold() -> None:
    served_models._registries.clear()
    served_models._versions.clear()
    served_models._failed.clear()


def model(intercept: float) -> bytes:
    item = {
        "format": 1, "kind": "leak", "version": "t", "features": ["flow_day"], "provenance": {},
        "standardisation": {"mean": [0.0], "scale": [1.0], "fill": [0.0]},
        "members": [{"member": "logistic", "weight": 1.0, "weights": [1.0], "intercept": intercept}],
    }  # fmt: skip
    return json.dumps(item).encode()


def have(name: str, intercept: float, *, canary: float = 0.0, stored: bytes | None = None) -> None:
    """A version in the registry: in use, or the canary for a share; what is stored may differ from what it says."""
    content = model(intercept)
    files = {"leak-leak": training_data.sha256(content)}
    model_store.put_once(model_store.file_key("leak", name, "leak-leak.json"), stored or content)
    version = Version(version=name, sha256=name, files=files, registered_at="2026-11-21T00:00:00Z", origin="t")

    def change(registry: Registry) -> Registry:
        registry = model_registry.register(registry, version, NOW)
        if canary:
            return model_registry.start_canary(registry, name, canary, NOW, "t")
        return model_registry.promote(registry, name, NOW, "t")

    model_store.change("leak", change)


def says(found: served_models.Served) -> float:
    one = found.models["leak-leak"]
    return round(one.probability(one.vector({"flow_day": 0.0})), 3)


def test_before_the_first_version_the_shipped_ones_serve() -> None:
    assert served_models.served("leak", "S-1") == served_models.Served(SHIPPED, {})


def test_the_canary_scores_its_share_with_its_own_models() -> None:
    have("a", 0.0)
    have("b", 2.0, canary=0.5)
    found = [served_models.served("leak", f"S-{n}") for n in range(200)]
    assert {(one.version, says(one), one.degraded) for one in found} == {("a", 0.5, ""), ("b", 0.881, "")}


def test_a_change_reaches_a_warm_function_after_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(served_models.time, "monotonic", lambda: now[0])
    have("a", 0.0)
    assert served_models.served("leak", "S-1").version == "a"
    have("b", 2.0)
    assert served_models.served("leak", "S-1").version == "a"
    now[0] += 61
    assert served_models.served("leak", "S-1").version == "b"


def test_a_model_with_another_checksum_never_scores() -> None:
    have("a", 0.0)
    have("b", 2.0, canary=1.0, stored=model(9.0))
    found = served_models.served("leak", "S-1")
    assert (found.version, says(found), found.degraded) == ("a", 0.5, "b cannot be loaded")


def test_without_any_model_the_shipped_ones_serve_and_it_is_said() -> None:
    have("a", 0.0, stored=b"{}")
    assert served_models.served("leak", "S-1") == served_models.Served(SHIPPED, {}, "a cannot be loaded")


def test_what_cannot_be_loaded_is_not_fetched_for_every_row(monkeypatch: pytest.MonkeyPatch) -> None:
    have("a", 0.0, stored=b"{}")
    fetched: list[str] = []
    real = model_store.get
    monkeypatch.setattr(model_store, "get", lambda key: fetched.append(key) or real(key))
    for number in range(5):
        served_models.served("leak", f"S-{number}")
    assert len(fetched) == 1


def test_an_outage_of_the_registry_stops_no_scoring(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(served_models.time, "monotonic", lambda: now[0])
    have("a", 0.0)
    assert served_models.served("leak", "S-1").version == "a"
    asked = []

    def away(kind: str) -> Any:
        asked.append(kind)
        raise TransientError("S3")

    monkeypatch.setattr(model_store, "load", away)
    now[0] += 61
    assert [served_models.served("leak", "S-1").version for _ in range(3)] == ["a"] * 3
    assert asked == ["leak"]
    assert served_models.served("fire", "S-1").version == SHIPPED


def test_where_there_is_no_lake_the_shipped_ones_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAKE_BUCKET")
    assert served_models.served("leak", "S-1").version == SHIPPED
