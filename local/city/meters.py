"""The city's 300 meters: 150 homes with water, some of them with gas, electricity and heat too."""

from dataclasses import dataclass
from random import Random

from local.city import people, place
from meterflow.meter import Location, Meter, MeterKind, default_max_daily


@dataclass(frozen=True)
class Kind:
    """How one kind of meter is numbered and built."""

    kind: MeterKind
    prefix: str
    count: int
    unit: str
    digits: int
    decimals: int
    # How far from the home's point its meters stand, in metres and degrees, so that they do not hide each other.
    offset: tuple[float, float]


KINDS = (
    Kind(MeterKind.WATER, "WTR", 150, "m3", 5, 3, (0.0, 0.0)),
    Kind(MeterKind.GAS, "GAS", 60, "m3", 5, 3, (3.0, 90.0)),
    Kind(MeterKind.ELECTRICITY, "ELC", 60, "kWh", 6, 1, (3.0, 210.0)),
    Kind(MeterKind.HEAT, "HEA", 30, "kWh", 6, 1, (3.0, 330.0)),
)
HOMES = max(kind.count for kind in KINDS)
# Hospitals, schools and homes for the old: a leak there is judged by the stricter thresholds.
CRITICAL_EVERY = 10
FIRST_SERIAL = "AL-2019-004711"


def meters() -> list[Meter]:
    """Every meter, without its readings; the same in every run."""
    homes = place.homes(HOMES)
    owners = people.owners(HOMES)
    return [_meter(kind, number, homes[number], owners[number]) for kind in KINDS for number in range(kind.count)]


def installed_in(meter: Meter) -> int:
    """The year on the meter's serial number."""
    return int((meter.serial_number or "").split("-")[1])


def _meter(kind: Kind, number: int, home: place.Home, owner: str) -> Meter:
    meter_id = f"{kind.prefix}-{number + 1:04d}"
    random = Random(f"city meter {meter_id}")
    serial = f"AL-{random.randrange(2013, 2023)}-{random.randrange(10_000):04d}{number % 100:02d}"
    if meter_id == "WTR-0001":
        serial = FIRST_SERIAL
    lat, lon = place.moved(home.lat, home.lon, *kind.offset)
    return Meter(
        meter_id=meter_id,
        kind=kind.kind,
        unit=kind.unit,
        digits=kind.digits,
        decimals=kind.decimals,
        max_daily=default_max_daily(kind.kind, kind.unit),
        serial_number=serial,
        location=Location(lat=lat, lon=lon, address=home.address),
        zone="CRITICAL" if number % CRITICAL_EVERY == CRITICAL_EVERY - 1 else "STANDARD",
        owner=owner,
        registered_at=f"{serial.split('-')[1]}-{random.randrange(1, 13):02d}-{random.randrange(1, 29):02d}T09:00:00Z",
    )
