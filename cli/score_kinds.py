"""What `meterflow score` knows of each KIND: its columns, its row and its scorer. One line a kind."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Protocol

from meterflow.scoring.verdict import Verdict

KINDS = ("meter", "leak", "energy", "fire")
# A file may call its ids as any kind does: nothing else could be meant.
IDS = ("meter_id", "sensor_id", "device_id", "id")
TIME = "timestamp"
VALUE = "value"
ZONE = "facility_zone"
STANDARD = "STANDARD"
# Frost, and a power factor that leads.
SIGNED = ("temperature_c", "temperature", "power_factor")


class Scorer(Protocol):
    """One id's scorer: it sees the id's rows in the order of their times and keeps what it needs of them."""

    def observe(self, row: Any, /) -> Verdict:
        """What this row, after those before it, says."""
        ...


@dataclass(frozen=True, slots=True)
class Kind:
    """How a file of one kind is scored. `row` takes the time, the measures by name and, where `zoned`, the zone.

    `signed` are the measures that may be below zero.
    """

    name: str
    measures: tuple[str, ...]
    signed: frozenset[str]
    zoned: bool
    row: Callable[..., Any]
    scorer: Callable[[], Scorer]


def known(name: str) -> Kind:
    """The kind with the columns of its own. Scorers are imported here: other commands need none of them."""
    row, scorer = _classes(name)
    names = [one.name for one in fields(row)]
    measures = tuple(one for one in names if one not in (TIME, ZONE))
    signed = frozenset(one for one in measures if one in SIGNED) | _signed_of_fire(name)
    return Kind(name, measures, signed, ZONE in names, row, scorer)


def plain(name: str) -> Kind:
    """A series of times and values under a kind's name: the value is the consumption in the interval.

    Meters and leak sensors of this form are looked at for leaks too.
    """
    from cli.score_plain import WaterSeriesScorer
    from meterflow.scoring.series import SeriesScorer

    scorer = WaterSeriesScorer if name in ("meter", "leak") else SeriesScorer
    # Whether a series may be below zero shows in the series itself: see `score_signs`.
    return Kind(name, (VALUE,), frozenset((VALUE,)), False, _pair, scorer)


def _pair(timestamp: datetime, value: float) -> tuple[datetime, float]:
    return timestamp, value


def _signed_of_fire(name: str) -> frozenset[str]:
    if name != "fire":
        return frozenset()
    from meterflow.scoring import fire_features

    return fire_features.SIGNED


def _classes(name: str) -> tuple[type, Callable[[], Scorer]]:
    if name == "meter":
        from meterflow.scoring.meter import MeterRow, MeterScorer

        return MeterRow, MeterScorer
    if name == "leak":
        from meterflow.scoring.leak import LeakRow, LeakScorer

        return LeakRow, LeakScorer
    if name == "energy":
        from meterflow.scoring.energy import EnergyRow, EnergyScorer

        return EnergyRow, EnergyScorer
    from meterflow.scoring.fire import FireRow, FireScorer

    return FireRow, FireScorer
