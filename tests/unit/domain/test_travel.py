import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterflow.meter import Location
from meterflow.travel import EARTH_RADIUS_M, ROAD_FACTOR, great_circle_m, minutes, road_m

places = st.builds(
    Location,
    lat=st.floats(-90, 90, allow_nan=False),
    lon=st.floats(-180, 180, allow_nan=False),
)
PARIS, LONDON = Location(lat=48.8566, lon=2.3522), Location(lat=51.5074, lon=-0.1278)


def test_a_known_distance() -> None:
    assert great_circle_m(PARIS, LONDON) == pytest.approx(343_550, abs=600)


def test_a_quarter_of_the_equator_and_the_other_side_of_the_earth() -> None:
    zero = Location(lat=0, lon=0)
    assert great_circle_m(zero, Location(lat=0, lon=90)) == pytest.approx(EARTH_RADIUS_M * math.pi / 2)
    assert great_circle_m(zero, Location(lat=0, lon=180)) == pytest.approx(EARTH_RADIUS_M * math.pi)


def test_over_the_date_line_is_near() -> None:
    assert great_circle_m(Location(lat=0, lon=179.999), Location(lat=0, lon=-179.999)) < 250


@given(places, places)
def test_there_is_as_far_as_back_and_never_over_half_round(a: Location, b: Location) -> None:
    there = great_circle_m(a, b)
    assert there == pytest.approx(great_circle_m(b, a), abs=1e-3)
    assert 0 <= there <= EARTH_RADIUS_M * math.pi + 1


def test_roads_are_longer_and_time_is_rounded_up() -> None:
    assert road_m(PARIS, LONDON) == round(great_circle_m(PARIS, LONDON) * ROAD_FACTOR)
    assert (minutes(0), minutes(1), minutes(500), minutes(501)) == (0, 1, 1, 2)
