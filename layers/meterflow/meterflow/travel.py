"""How far and how long it is from one place to another, without a map service."""

import math
from typing import Protocol

# Mean radius of the Earth, metres (IUGG, R1).
EARTH_RADIUS_M = 6_371_008.8

# Roads in towns are longer than the great circle: 1.2 to 1.4 in the literature on detour (circuity) factors, of which
# 1.3 is the usual round value. A distance matrix replaces this where the difference matters.
ROAD_FACTOR = 1.3

# Metres per minute of a van in town, stops included: 30 km/h.
TOWN_SPEED_M_PER_MIN = 500.0


class Position(Protocol):
    """Anything with WGS 84 degrees."""

    @property
    def lat(self) -> float:
        """Latitude, degrees north."""
        ...

    @property
    def lon(self) -> float:
        """Longitude, degrees east."""
        ...


def great_circle_m(a: Position, b: Position) -> float:
    """Metres between `a` and `b` along the sphere: the haversine formula (R. W. Sinnott, 1984).

    Exact to about 0.5 % of an ellipsoid's distance and stable for near and for opposite points.
    """
    lat_a, lat_b = math.radians(a.lat), math.radians(b.lat)
    half_lat = math.sin((lat_b - lat_a) / 2)
    half_lon = math.sin(math.radians(b.lon - a.lon) / 2)
    h = half_lat**2 + math.cos(lat_a) * math.cos(lat_b) * half_lon**2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, h)))


def road_m(a: Position, b: Position) -> int:
    """Metres by road from `a` to `b`, whole metres: the great circle times ROAD_FACTOR."""
    return round(great_circle_m(a, b) * ROAD_FACTOR)


def minutes(distance_m: float) -> int:
    """Minutes that `distance_m` by road takes in town, rounded up."""
    return math.ceil(distance_m / TOWN_SPEED_M_PER_MIN)
