"""The fleet as the map's script reads it: an index of cells, and the points of a cell as GeoJSON (RFC 7946)."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from meterflow import geohash
from meterflow.fleet import UNPLACED, MeterState, Shard
from meterflow.manifest import Manifest, Summary

Bounds = tuple[float, float, float, float]


def feature_collection(shard: Shard) -> dict[str, Any]:
    """The meters of `shard` as points. `overdue_from` lets the reader tell overdue ones on any day."""
    features = [_feature(state) for state in sorted(shard.states(), key=lambda state: state.meter_id)]
    return {"type": "FeatureCollection", "version": shard.version, "features": features}


def _feature(state: MeterState) -> dict[str, Any]:
    overdue_from = state.overdue_from
    return {
        "type": "Feature",
        # GeoJSON names the longitude first.
        "geometry": {"type": "Point", "coordinates": [state.lon, state.lat]},
        "properties": {
            "meter_id": state.meter_id,
            "kind": state.kind,
            "zone": state.zone,
            "status": state.lasting_status,
            "risk": state.risk,
            "open_job": state.open_job,
            "needs_review": state.needs_review,
            "read_at": state.read_at,
            "overdue_from": overdue_from.isoformat() if overdue_from else None,
        },
    }


def index(manifest: Manifest, version: int, today: date) -> dict[str, Any]:
    """What the map must know to choose the cells to load: their edges, versions and counts by status."""
    return {
        "version": version,
        "updated_at": manifest.updated_at,
        "shards": {
            name: {
                "version": entry.version,
                "bounds": geohash.bounds(name),
                "counts": Summary.of(entry.groups, today).by_status,
            }
            for name, entry in sorted(manifest.shards.items())
            if name != UNPLACED
        },
    }


def extent(manifest: Manifest) -> Bounds | None:
    """The south, west, north and east edges of all cells with a meter; None where there is none."""
    occupied = (name for name, entry in manifest.shards.items() if entry.groups and name != UNPLACED)
    return _union(geohash.bounds(name) for name in occupied)


def _union(cells: Iterable[Bounds]) -> Bounds | None:
    edges = list(zip(*cells, strict=True))
    if not edges:
        return None
    south, west, north, east = edges
    return min(south), min(west), max(north), max(east)
