"""Which meters stand near a place."""

import random

import pytest

from meterflow.fleet import MeterState
from meterflow.geohash import encode
from meterflow.meter import Location
from meterflow.nearby import MOST, RADIUS_M, cells, near
from meterflow.travel import great_circle_m

METRE = 1 / 111_195  # degrees of latitude


def state(name: str, lat: float | None, lon: float | None) -> MeterState:
    return MeterState(meter_id=name, kind="water", zone="STANDARD", lat=lat, lon=lon)


def test_the_nearest_come_first_and_far_ones_not_at_all() -> None:
    place = Location(lat=38.3452, lon=-0.48301)
    states = [
        state("ME", 38.3452, -0.48301),
        state("B", 38.3452 + 100 * METRE, -0.48301),
        state("A", 38.3452 - 50 * METRE, -0.48301),
        state("ON-THE-EDGE", 38.3452 + 149 * METRE, -0.48301),
        state("OUTSIDE", 38.3452 + 152 * METRE, -0.48301),
        state("NOWHERE", None, None),
    ]
    assert near(place, states, "ME") == ("A", "B", "ON-THE-EDGE")


def test_there_are_never_more_than_a_few() -> None:
    crowd = [state(f"M-{number}", 38.0 + number * METRE, 0.0) for number in range(20)]
    assert len(near(Location(lat=38.0, lon=0.0), crowd, "M-0")) == MOST


def test_a_place_within_a_cell_opens_one_and_at_a_corner_four() -> None:
    assert len(cells(Location(lat=38.36, lon=-0.505))) == 1
    # 45 degrees is where cells of every size meet.
    assert len(cells(Location(lat=45.0, lon=45.0))) == 4


@pytest.mark.parametrize("lat", [0.0, 38.3, -60.0, 80.0])
def test_every_meter_within_the_radius_is_in_one_of_the_cells(lat: float) -> None:
    """Also across the date line and where cells are narrow."""
    draw = random.Random(7)
    for lon in (-0.48, 179.9999, -179.9999):
        place = Location(lat=lat, lon=lon)
        for _ in range(200):
            around = Location(
                lat=lat + draw.uniform(-2, 2) * RADIUS_M * METRE,
                lon=(lon + draw.uniform(-20, 20) * RADIUS_M * METRE + 180) % 360 - 180,
            )
            if great_circle_m(place, around) <= RADIUS_M:
                assert encode(around.lat, around.lon, 5) in cells(place)


@pytest.mark.parametrize("lat", [90.0, -90.0])
def test_a_pole_is_a_place(lat: float) -> None:
    assert cells(Location(lat=lat, lon=0.0))
