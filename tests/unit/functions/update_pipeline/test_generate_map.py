"""The map: published once per manifest, small, without other hosts, and deaf to what people write into meters."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import boto3
import pytest

from meterflow import manifest
from meterflow.adapters import site, source_of_truth
from meterflow.fleet import UNPLACED, Change, MeterState

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
EVIL = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"
Receive = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def app(load_handler: Callable[[str, str], ModuleType]) -> ModuleType:
    return load_handler("update_pipeline", "generate_map")


def due(**fields: Any) -> dict[str, Any]:
    return {"Records": [{"messageId": "m", "body": json.dumps(fields)}]}


def put(*states: MeterState, sequence: int = 1) -> manifest.Manifest:
    changes: dict[str, list[Change]] = {}
    for state in states:
        change = Change(
            meter_id=state.meter_id,
            shard=state.shard,
            sequence=str(sequence),
            changed_at="2026-11-21T08:00:00Z",
            state=state,
        )
        changes.setdefault(state.shard, []).append(change)
    shards = [source_of_truth.update_shard(name, members, NOW) for name, members in changes.items()]
    return source_of_truth.update_manifest({shard.shard: manifest.entry_of(shard) for shard in shards}, NOW)


def meter(meter_id: str, lat: float | None = 52.52, lon: float | None = 13.405, **facts: Any) -> MeterState:
    return MeterState.model_validate(
        {"meter_id": meter_id, "kind": "water", "zone": "z", "lat": lat, "lon": lon} | facts
    )


def published() -> dict[str, str]:
    listing = boto3.client("s3").list_objects_v2(Bucket="meterflow-site")
    return {item["Key"]: item["ETag"] for item in listing.get("Contents", [])}


def test_an_empty_city_has_a_page(app: ModuleType, lambda_context: Any) -> None:
    assert app.handler(due(), lambda_context)["outcome"] == "PUBLISHED"
    assert "0 meters" in (site.read("map.html") or "")


def test_points_page_script_and_index_are_published(app: ModuleType, lambda_context: Any) -> None:
    current = put(meter("WTR-0001", risk="HIGH"), meter("WTR-0002", lat=52.4), meter("WTR-0003", None, None))
    result = app.handler(due(manifest_version=current.version), lambda_context)
    assert (result["outcome"], result["shards_written"]) == ("PUBLISHED", 2)
    index = json.loads(site.read("data/index.json") or "")
    assert index["version"] == result["version"] >= current.version
    for name in index["shards"]:
        points = json.loads(site.read(f"data/shards/{name}.json") or "")
        assert len(points["features"]) == 1
    assert f"data/shards/{UNPLACED}.json" not in published()
    assert "1 without a place" in (site.read("map.html") or "")


def test_a_burst_builds_the_map_once(app: ModuleType, lambda_context: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    current = put(meter("WTR-0001"))
    built = []
    original = app.folium_parts
    monkeypatch.setattr(app, "folium_parts", lambda *args: built.append(1) or original(*args))
    outcomes = [app.handler(due(manifest_version=current.version), lambda_context)["outcome"] for _ in range(30)]
    assert outcomes == ["PUBLISHED"] + ["CURRENT"] * 29
    assert len(built) == 1


def test_only_changed_shards_are_written_again(app: ModuleType, lambda_context: Any) -> None:
    put(meter("WTR-0001"), meter("WTR-0002", lat=52.4))
    app.handler(due(), lambda_context)
    before = published()
    changed = meter("WTR-0002", lat=52.4, open_job=True)
    put(changed, sequence=2)
    assert app.handler(due(), lambda_context)["shards_written"] == 1
    after = published()
    differing = {key for key in after if after[key] != before[key]}
    assert differing == {f"data/shards/{changed.shard}.json", "data/index.json", "map.html"}


def test_killed_before_the_index_the_next_one_finishes(
    app: ModuleType, lambda_context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(Exception):
        pass

    put(meter("WTR-0001"))
    original = site.publish

    def die(key: str, *args: Any, **more: Any) -> bool:
        if key == "data/index.json":
            raise Died
        return original(key, *args, **more)

    with monkeypatch.context() as patch:
        patch.setattr(site, "publish", die)
        with pytest.raises(Died):
            app.handler(due(), lambda_context)
    assert app.handler(due(), lambda_context)["outcome"] == "PUBLISHED"
    assert app.handler(due(), lambda_context)["outcome"] == "CURRENT"


def test_rebuild_publishes_what_is_current(app: ModuleType, lambda_context: Any) -> None:
    put(meter("WTR-0001"))
    app.handler(due(), lambda_context)
    boto3.client("s3").put_object(
        Bucket="meterflow-site", Key="map.html", Body=b"old layout", Metadata={"version": "99999999999999"}
    )
    result = app.handler(due(rebuild=True), lambda_context)
    assert (result["outcome"], result["shards_written"]) == ("PUBLISHED", 1)
    assert "old layout" not in (site.read("map.html") or "")


def test_what_people_write_never_becomes_markup(app: ModuleType, lambda_context: Any) -> None:
    put(meter(EVIL, risk="CRITICAL", zone=EVIL, kind=EVIL))
    app.handler(due(), lambda_context)
    page = site.read("map.html") or ""
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "<img" not in page
    assert "alert(2)</script>" not in page
    assert "alert" not in (site.read("data/map-init.js") or "")
    # As data it arrives whole: the script puts it into the page as text.
    name = next(iter(source_of_truth.load_manifest().shards))
    points = json.loads(site.read(f"data/shards/{name}.json") or "")
    assert points["features"][0]["properties"]["meter_id"] == EVIL


def test_the_page_is_small_and_has_no_inline_script_and_no_other_host(app: ModuleType, lambda_context: Any) -> None:
    put(*(meter(f"WTR-{n:04d}", lat=52.5 + n / 10_000) for n in range(200)))
    app.handler(due(), lambda_context)
    page = site.read("map.html") or ""
    assert len(page) < 20_000
    assert "http:" not in page
    assert "https:" not in page
    assert re.findall(r"<script(?![^>]*\ssrc=)", page) == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=", page) == []
    script = site.read("data/map-init.js") or ""
    assert "L.map(" in script
    assert "L.markerClusterGroup(" in script
    assert "fitBounds" in script
    # Leaflet.markercluster never ends on a map without it.
    assert '"maxZoom": 19' in script
    assert "WTR-" not in script
    assert "http" not in script


def test_tiles_come_from_the_given_address_only(
    app: ModuleType, lambda_context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAP_TILES_URL", "https://tiles.example/{z}/{x}/{y}.png")
    monkeypatch.setenv("MAP_TILES_ATTRIBUTION", "Example")
    app.handler(due(), lambda_context)
    assert "https://tiles.example/{z}/{x}/{y}.png" in (site.read("data/map-init.js") or "")
