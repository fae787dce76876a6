"""300 meters on land, owned, and the same in every clone."""

from collections import Counter
from itertools import pairwise

from local.city import people, place
from local.city.meters import meters
from meterflow.adapters.items import to_item
from meterflow.meter import Meter

# The shore from San Gabriel past the harbour and Postiguet to La Albufereta (lat, lon), drawn on its own and not from
# the outline: whatever lies to the right of it, seen northwards, is the sea.
SHORE = (
    (38.3220, -0.5080),
    (38.3310, -0.4950),
    (38.3365, -0.4895),
    (38.3403, -0.4862),
    (38.3446, -0.4798),
    (38.3470, -0.4740),
    (38.3520, -0.4655),
    (38.3600, -0.4500),
    (38.3800, -0.4200),
)


def at_sea(lat: float, lon: float) -> bool:
    for (lat_a, lon_a), (lat_b, lon_b) in pairwise(SHORE):
        if lat_a <= lat < lat_b:
            return lon > lon_a + (lat - lat_a) * (lon_b - lon_a) / (lat_b - lat_a)
    return lat < SHORE[0][0]


def test_the_shore_of_this_test_tells_land_from_sea() -> None:
    assert at_sea(38.3360, -0.4800)  # the harbour's mouth
    assert at_sea(38.3465, -0.4700)  # off Postiguet beach
    assert not at_sea(38.3452, -0.4860)  # the market hall


def test_counts_and_numbers(fleet: list[Meter]) -> None:
    assert Counter(meter.kind.value for meter in fleet) == {"water": 150, "gas": 60, "electricity": 60, "heat": 30}
    names = {meter.meter_id for meter in fleet}
    assert len(names) == 300
    assert {"WTR-0001", "WTR-0150", "GAS-0060", "ELC-0060", "HEA-0030"} <= names


def test_every_meter_stands_on_land_in_the_city(fleet: list[Meter]) -> None:
    for meter in fleet:
        lat, lon = meter.location.lat, meter.location.lon
        assert 38.33 < lat < 38.38, meter.meter_id
        assert -0.51 < lon < -0.465, meter.meter_id
        assert not at_sea(lat, lon), meter.meter_id


def test_homes_are_apart_and_their_addresses_their_own() -> None:
    homes = place.homes(150)
    assert all(place.inside(home.lat, home.lon) for home in homes)
    assert len({home.address for home in homes}) == len({(home.lat, home.lon) for home in homes}) == 150


def test_no_two_meters_hide_each_other(fleet: list[Meter]) -> None:
    assert len({(meter.location.lat, meter.location.lon) for meter in fleet}) == 300


def test_the_first_water_meter_is_the_one_that_everything_names(fleet: list[Meter]) -> None:
    first = fleet[0]
    assert (first.meter_id, first.digits, first.decimals, first.serial_number) == ("WTR-0001", 5, 3, "AL-2019-004711")
    assert first.zone == "STANDARD"
    own = {meter.meter_id for meter in fleet if meter.owner == people.CUSTOMER_ID}
    assert own == {"WTR-0001", "GAS-0001", "ELC-0001", "HEA-0001"}


def test_serial_numbers_are_single_and_zones_both_there(fleet: list[Meter]) -> None:
    assert len({meter.serial_number for meter in fleet}) == 300
    assert Counter(meter.zone for meter in fleet) == {"STANDARD": 270, "CRITICAL": 30}


def test_the_same_in_every_run(fleet: list[Meter]) -> None:
    assert meters() == fleet


def test_each_item_is_the_meter_that_the_functions_read(fleet: list[Meter]) -> None:
    assert [Meter.model_validate(to_item(meter)) for meter in fleet] == fleet
