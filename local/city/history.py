"""A year of weekly readings for each meter, invented so that scoring, map and dashboard have something to find.

Use is drawn day by day (season, weekday, the household's own level, chance) and summed to weeks, all of it in whole
steps of the register, counted back from the newest reading. A meter's draws depend on its name and on how far a day
lies back, so only the season moves with the date.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from random import Random

from local.city.meters import installed_in
from meterflow import clock, ids, reading
from meterflow.meter import Meter, MeterKind
from meterflow.reading import Quality, Reading, Source, Status

WEEKS = 52
# The newest reading is this old, so that there is room for the next.
NEWEST = timedelta(days=7)
# The year in which the city's meters are counted to have run since their installation.
COUNTED_IN = 2026


@dataclass(frozen=True)
class Loss:
    """A leak: how many days before the newest reading it began and ended (0: it goes on), and units lost an hour."""

    began: int
    ended: int
    an_hour: Decimal


@dataclass(frozen=True)
class Standstill:
    """A time without any count, in days before the newest reading: a stuck register, or nobody at home."""

    began: int
    ended: int


# Known, so that what scoring finds can be compared with what is there. Water and gas in m3/h, the others in kWh/h.
LEAKS: dict[str, Loss] = {
    "WTR-0012": Loss(16, 0, Decimal("0.060")),
    "WTR-0037": Loss(25, 0, Decimal("0.040")),
    "WTR-0058": Loss(5, 0, Decimal("0.900")),
    "WTR-0083": Loss(160, 90, Decimal("0.045")),
    "WTR-0119": Loss(240, 205, Decimal("0.120")),
    "WTR-0140": Loss(13, 0, Decimal("0.030")),
    "GAS-0022": Loss(9, 0, Decimal("0.400")),
    "ELC-0047": Loss(20, 0, Decimal("1.800")),
    "HEA-0009": Loss(11, 0, Decimal("6.000")),
}
STUCK: dict[str, Standstill] = {
    "WTR-0044": Standstill(63, 0),
    "GAS-0040": Standstill(130, 80),
    "ELC-0031": Standstill(35, 0),
    "HEA-0021": Standstill(220, 170),
}
EMPTY: dict[str, Standstill] = {
    "WTR-0066": Standstill(365, 0),
    "WTR-0095": Standstill(150, 20),
    "GAS-0017": Standstill(90, 0),
}

# The newest readings of the meters that sample events name. WTR-0001 uses 2.5 m3 a week in every season.
NEWEST_VALUES: dict[str, str] = {
    "WTR-0001": "00412.350",
    "GAS-0001": "01873.214",
    "ELC-0001": "024518.6",
    "HEA-0001": "018340.5",
}
STEADY: dict[str, Decimal] = {"WTR-0001": Decimal("2.5")}

# Units a day that a household uses in the middle of the year's range.
DAILY: dict[MeterKind, float] = {
    MeterKind.WATER: 0.33,
    MeterKind.GAS: 0.9,
    MeterKind.ELECTRICITY: 8.0,
    MeterKind.HEAT: 14.0,
}


def readings(meter: Meter, today: date) -> list[Reading]:
    """The meter's 53 accepted readings, oldest first, the newest one NEWEST before `today`."""
    values = _values(meter, today - NEWEST)
    return [_reading(meter, week, today, values) for week in range(WEEKS, -1, -1)]


@cache
def season(kind: MeterKind, day: date) -> float:
    """What a day's use is multiplied by for the time of year: water and cooling in summer, heat in winter."""
    turn = 2 * math.pi * day.timetuple().tm_yday / 365.25
    summer, winter = math.cos(turn - 2 * math.pi * 205 / 365.25), math.cos(turn - 2 * math.pi * 20 / 365.25)
    cold: float = max(0.0, winter) ** 1.5
    return {
        MeterKind.WATER: 1 + 0.22 * summer,
        MeterKind.GAS: 0.45 + 1.1 * cold,
        MeterKind.ELECTRICITY: 0.9 + 0.2 * cold + 0.25 * max(0.0, summer) ** 2,
        MeterKind.HEAT: 0.08 + 1.9 * cold,
    }[kind]


def _values(meter: Meter, newest: date) -> list[Decimal]:
    """What the register showed at each reading, the newest first."""
    step = Decimal(1).scaleb(-meter.decimals)
    random = Random(f"city history {meter.meter_id}")
    weeks = _steady(meter, random) if meter.meter_id in STEADY else _drawn(meter, newest, random)
    used = [int(week / step) for week in weeks]
    # Whoever was installed lately has counted less; but never less than the year that is told here.
    years = COUNTED_IN - installed_in(meter)
    counted = max(int(Decimal(DAILY[meter.kind] * 365 * years) / step), sum(used) + random.randrange(10_000))
    if meter.meter_id in NEWEST_VALUES:
        counted = int(Decimal(NEWEST_VALUES[meter.meter_id]) / step)
    values = [counted]
    for each in used:
        values.append(values[-1] - each)
    return [value * step for value in values]


def _steady(meter: Meter, random: Random) -> Iterator[Decimal]:
    usual = STEADY[meter.meter_id]
    return (usual * Decimal(f"{random.uniform(0.95, 1.05):.3f}") for _ in range(WEEKS))


def _drawn(meter: Meter, newest: date, random: Random) -> Iterator[Decimal]:
    """The use of each week, the newest first."""
    level = DAILY[meter.kind] * random.lognormvariate(0, 0.35)
    leak = LEAKS.get(meter.meter_id)
    still = STUCK.get(meter.meter_id)
    empty = EMPTY.get(meter.meter_id) or _holiday(random)
    for week in range(WEEKS):
        used = Decimal(0)
        for back in range(7 * week, 7 * week + 7):
            # Every day is drawn, used or not, so that no draw depends on the date.
            chance = random.lognormvariate(0, 0.25)
            day = newest - timedelta(days=back)
            weekend = 1.15 if day.weekday() >= 5 else 0.94
            if still and still.ended <= back < still.began:
                continue
            if not empty.ended <= back < empty.began:
                used += Decimal(f"{level * season(meter.kind, day) * weekend * chance:.4f}")
            if leak and leak.ended <= back < leak.began:
                used += leak.an_hour * 24
        yield used


def _holiday(random: Random) -> Standstill:
    """One or two weeks away, some time in the year and never in its last two months."""
    days, began = random.choice((0, 7, 14)), random.randrange(80, 360)
    return Standstill(began, began - days)


def _reading(meter: Meter, week: int, today: date, values: list[Decimal]) -> Reading:
    """The reading `week` weeks before the newest one. Some were not taken but estimated, some corrected."""
    random = Random(f"city reading {meter.meter_id} {week}")
    minute = 0 if meter.meter_id in NEWEST_VALUES else random.randrange(0, 600)
    taken = datetime.combine(today - NEWEST, time(8, tzinfo=UTC)) - timedelta(weeks=week) + timedelta(minutes=minute)
    taken_at, received_at = clock.to_text(taken), clock.to_text(taken + timedelta(minutes=random.randrange(1, 30)))
    source, quality = Source.CUSTOMER, Quality.VALID
    if 0 < week < WEEKS and meter.meter_id not in NEWEST_VALUES:
        chance = random.random()
        if chance < 0.02:
            source, quality = Source.ESTIMATE, Quality.ESTIMATED
        elif chance < 0.05:
            source = Source.TECHNICIAN
    value = reading.format_value(values[week], meter.digits, meter.decimals)
    return Reading(
        submission_id=ids.derived_id("city reading", meter.meter_id, str(week)),
        meter_id=meter.meter_id,
        value=value,
        taken_at=taken_at,
        source=source,
        submitted_by=meter.owner,
        fingerprint=reading.fingerprint(meter.meter_id, value, taken_at, None),
        received_at=received_at,
        status=Status.ACCEPTED,
        quality=quality,
        settled_at=received_at,
    )
