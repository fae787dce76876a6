"""Geohashes agree with the published examples, and a cell holds what was encoded into it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterflow import geohash


@pytest.mark.parametrize(
    ("lat", "lon", "code"),
    [
        (57.64911, 10.40744, "u4pruydqqvj"),  # Wikipedia's example
        (42.605, -5.603, "ezs42"),  # Wikipedia's worked example
        (-25.382708, -49.265506, "6gkzwgjzn820"),  # geohash.org's own
        (0.0, 0.0, "s0000"),
    ],
)
def test_published_examples(lat: float, lon: float, code: str) -> None:
    assert geohash.encode(lat, lon, len(code)) == code


@given(st.floats(-90, 90), st.floats(-180, 180), st.integers(1, 9))
def test_a_cell_holds_its_places(lat: float, lon: float, precision: int) -> None:
    south, west, north, east = geohash.bounds(geohash.encode(lat, lon, precision))
    assert south <= lat <= north
    assert west <= lon <= east


@pytest.mark.parametrize(("lat", "lon"), [(90.1, 0), (0, -180.1), (float("nan"), 0), (0, float("inf"))])
def test_a_place_that_is_not_on_earth(lat: float, lon: float) -> None:
    with pytest.raises(ValueError, match="out of range"):
        geohash.encode(lat, lon, 5)


def test_a_character_of_no_geohash() -> None:
    with pytest.raises(ValueError, match="substring"):
        geohash.bounds("u3a")
