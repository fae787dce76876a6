"""The map's data: longitude first, no place on the map for unplaced meters, the city's edges."""

import json
from datetime import date

from meterflow import fleet_map, geohash, manifest
from meterflow.fleet import UNPLACED, Change, MeterState, Shard, apply_update
from meterflow.manifest import Manifest


def one_meter(shard_name: str, lat: float | None, lon: float | None) -> Shard:
    state = MeterState(meter_id="WTR-0001", kind="water", zone="z", lat=lat, lon=lon, read_at="2026-11-20T08:00:00Z")
    change = Change(meter_id="WTR-0001", shard=shard_name, sequence="1", changed_at="2026-11-21T08:00:00Z", state=state)
    return apply_update(Shard(shard=shard_name, version=3, updated_at="x"), change)


def test_points() -> None:
    collection = fleet_map.feature_collection(one_meter("u33db", 52.52, 13.405))
    (feature,) = collection["features"]
    assert feature["geometry"] == {"type": "Point", "coordinates": [13.405, 52.52]}
    assert feature["properties"]["overdue_from"] == "2027-01-04"
    assert json.loads(json.dumps(collection))["features"][0]["properties"]["status"] == "ok"


def test_the_index_names_the_cells_with_their_edges() -> None:
    shards = [one_meter("u33db", 52.52, 13.405), one_meter(UNPLACED, None, None)]
    current = manifest.enter(Manifest(), {shard.shard: manifest.entry_of(shard) for shard in shards})
    index = json.loads(json.dumps(fleet_map.index(current, 9, date(2026, 11, 21))))
    assert set(index["shards"]) == {"u33db"}
    assert index["version"] == 9
    assert index["shards"]["u33db"]["version"] == 3
    assert index["shards"]["u33db"]["counts"]["ok"] == 1


def test_the_extent_covers_every_cell() -> None:
    shards = [one_meter("u33db", 52.52, 13.405), one_meter("u33d8", 52.5, 13.3), one_meter(UNPLACED, None, None)]
    current = manifest.enter(Manifest(), {shard.shard: manifest.entry_of(shard) for shard in shards})
    first, second = geohash.bounds("u33db"), geohash.bounds("u33d8")
    assert fleet_map.extent(current) == (
        min(first[0], second[0]),
        min(first[1], second[1]),
        max(first[2], second[2]),
        max(first[3], second[3]),
    )
    assert fleet_map.extent(Manifest()) is None
