"""Meters: what they measure, in which unit, how many wheels their register has, and where they stand."""

import re
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

# Ids travel into keys, pages and file names, so they hold nothing that any of these would have to escape.
METER_ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
MeterId = Annotated[str, StringConstraints(pattern=METER_ID_PATTERN)]

DEFAULT_ZONE = "STANDARD"


class MeterKind(StrEnum):
    """What a meter measures."""

    WATER = "water"
    GAS = "gas"
    ELECTRICITY = "electricity"
    HEAT = "heat"


UNITS: dict[MeterKind, tuple[str, ...]] = {
    MeterKind.WATER: ("m3",),
    MeterKind.GAS: ("m3",),
    MeterKind.ELECTRICITY: ("kWh",),
    MeterKind.HEAT: ("kWh", "MWh", "GJ"),
}

# The most that a household's connection can pass in 24 hours, in the meter's unit: more is no reading but a mistake.
# What is possible and yet unusual is the business of anomaly scoring.
MAX_DAILY: dict[tuple[MeterKind, str], Decimal] = {
    # Permanent flow of a household meter, Q3 = 2.5 m3/h (ISO 4064-1), for 24 h.
    (MeterKind.WATER, "m3"): Decimal("60"),
    # G4 diaphragm meter, Qmax = 6 m3/h (EN 1359), for 24 h.
    (MeterKind.GAS, "m3"): Decimal("144"),
    # Three phases of 63 A at 230 V for 24 h: 43.47 kW.
    (MeterKind.ELECTRICITY, "kWh"): Decimal("1043"),
    # qp = 1.5 m3/h (EN 1434) of water cooled by 40 K, at 1.163 kWh per m3 and K: 69.8 kW for 24 h.
    (MeterKind.HEAT, "kWh"): Decimal("1675"),
    (MeterKind.HEAT, "MWh"): Decimal("1.675"),
    (MeterKind.HEAT, "GJ"): Decimal("6.03"),
}


def is_meter_id(text: str) -> bool:
    """Whether `text` can be the id of a meter at all."""
    return re.fullmatch(METER_ID_PATTERN.rstrip("$"), text) is not None


def unit_fits(kind: MeterKind, unit: str) -> bool:
    """Whether meters of `kind` may count in `unit`."""
    return unit in UNITS[kind]


def default_max_daily(kind: MeterKind, unit: str) -> Decimal:
    """The physical limit of a household's meter in `unit` per 24 h. Raises ValueError where the unit does not fit."""
    if not unit_fits(kind, unit):
        raise ValueError(f"a {kind} meter does not count in {unit}")
    return MAX_DAILY[kind, unit]


class Location(BaseModel):
    """Where a meter stands: WGS 84 degrees. The address is personal data and never leaves table, API and map."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
    address: str | None = None


class Latest(BaseModel):
    """The newest accepted reading of a meter, by the time it was taken. It never goes back in time."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    submission_id: str
    value: str
    taken_at: str
    quality: str


class Exchange(BaseModel):
    """A meter was replaced, or its register set anew: the old one stood at `removal_value`, the new one starts at
    `start_value`, both as registers show them. `recorded_by` is a user id, `submission_id` the reading that proved it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    exchanged_at: str
    start_value: str
    removal_value: str | None = None
    old_serial_number: str | None = None
    new_serial_number: str | None = None
    # The new register, where it is on record that it differs.
    digits: int | None = None
    decimals: int | None = None
    recorded_by: str = ""
    submission_id: str | None = None


class Meter(BaseModel):
    """A meter as the Meters table holds it.

    `digits` counts the register's wheels before the point, `decimals` the places after it. `multiplier` turns a
    register's step into `unit` (a current transformer's ratio; 1 for nearly all). `max_daily` is in `unit` per 24 h.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    meter_id: str
    kind: MeterKind
    unit: str
    digits: int = Field(ge=3, le=9)
    decimals: int = Field(ge=0, le=4)
    multiplier: Decimal = Decimal("1")
    max_daily: Decimal
    serial_number: str | None = None
    location: Location
    zone: str = DEFAULT_ZONE
    owner: str
    active: bool = True
    registered_at: str
    latest: Latest | None = None
    risk_level: str | None = None
    open_job: str | None = None
    # The submissions that wait for a review: several may at once, and each takes only itself out again.
    open_reviews: frozenset[str] = frozenset()
    # Oldest first. `submeters` are the ids of meters that stand behind this one and count part of what it counts.
    exchanges: tuple[Exchange, ...] = ()
    submeters: tuple[str, ...] = ()

    @property
    def capacity(self) -> Decimal:
        """The value at which the register turns over to zero."""
        return Decimal(10) ** self.digits
