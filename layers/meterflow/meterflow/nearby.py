"""Which meters stand near a place: first the geohash cells that a circle touches, then the true distance."""

import math
from collections.abc import Iterable

from meterflow import geohash
from meterflow.fleet import SHARD_PRECISION, MeterState
from meterflow.meter import Location
from meterflow.travel import EARTH_RADIUS_M, great_circle_m

# The next house and the one after it. A main that bursts shows at its neighbours first.
RADIUS_M = 150.0
MOST = 5


def cells(place: Location, radius_m: float = RADIUS_M, precision: int = SHARD_PRECISION) -> tuple[str, ...]:
    """The geohash cells that hold the square around a circle, sorted; up to four where it is smaller than a cell.

    Near a pole a circle reaches round the earth in longitude; then only its own meridian's cells are looked at.
    """
    up = math.degrees(radius_m / EARTH_RADIUS_M)
    narrowing = math.cos(math.radians(place.lat))
    across = up / narrowing if narrowing > 0.01 else 0.0
    corners = {
        geohash.encode(min(90.0, max(-90.0, place.lat + lat)), (place.lon + lon + 180.0) % 360.0 - 180.0, precision)
        for lat in (-up, 0.0, up)
        for lon in (-across, 0.0, across)
    }
    return tuple(sorted(corners))


def near(place: Location, states: Iterable[MeterState], but: str, radius_m: float = RADIUS_M) -> tuple[str, ...]:
    """The ids of the meters within `radius_m` of `place`, the nearest first and at most MOST, without `but` itself."""
    found = []
    for state in states:
        if state.lat is None or state.lon is None or state.meter_id == but:
            continue
        metres = great_circle_m(place, Location(lat=state.lat, lon=state.lon))
        if metres <= radius_m:
            found.append((metres, state.meter_id))
    return tuple(meter_id for _, meter_id in sorted(found)[:MOST])
