"""The fleet of meters as map and dashboard show it: the state of each meter, and shards of neighbours.

A shard is one JSON document with every meter of one geohash cell, so a change costs one small document however many
meters there are. Nothing here says who owns a meter, where its door is or what its plate reads.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from meterflow import clock, geohash

# Cells of 4.9 km: a city of 30 km across has tens of them.
SHARD_PRECISION = 5
# The shard of meters whose place is missing or impossible: counted, listed, and on no map.
UNPLACED = "unplaced"
ShardName = Annotated[str, StringConstraints(pattern=rf"^([{geohash.ALPHABET}]{{1,12}}|{UNPLACED})$")]

# A meter is read once a month; after six whole weeks without a reading somebody should ask why.
OVERDUE_AFTER = timedelta(weeks=6)
# How long a removed meter is remembered, so that an older change cannot bring it back: longer than any queue keeps one.
REMEMBERED = timedelta(days=30)


class Status(StrEnum):
    """What one meter's marker says: the most urgent of what is true of it. The order is the order of urgency."""

    CRITICAL = "critical"
    HIGH = "high"
    OPEN_JOB = "open_job"
    NEEDS_REVIEW = "needs_review"
    OVERDUE = "overdue"
    NO_READING = "no_reading"
    OK = "ok"


class Document(BaseModel):
    """Base of what the source of truth holds: frozen, and deaf to fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class MeterState(Document):
    """What the pages know of a meter. `lat` and `lon` are WGS 84 degrees, `read_at` RFC 3339 in UTC."""

    meter_id: str
    kind: str
    zone: str
    lat: float | None = None
    lon: float | None = None
    read_at: str | None = None
    risk: str | None = None
    open_job: bool = False
    needs_review: bool = False

    @property
    def shard(self) -> str:
        """The name of the shard that holds this meter."""
        if self.lat is None or self.lon is None:
            return UNPLACED
        return geohash.encode(self.lat, self.lon, SHARD_PRECISION)

    @property
    def overdue_from(self) -> date | None:
        """The Monday from which on this meter counts as overdue; None for a meter that was never read.

        Whole weeks, so that a shard counts its meters in a handful of dates and stays right without being rewritten.
        """
        if self.read_at is None:
            return None
        day = clock.from_text(self.read_at).date() + OVERDUE_AFTER
        return day + timedelta(days=7 - day.weekday())

    @property
    def lasting_status(self) -> Status:
        """The status as far as no clock is needed: never OVERDUE."""
        if self.risk == "CRITICAL":
            return Status.CRITICAL
        if self.risk == "HIGH":
            return Status.HIGH
        if self.open_job:
            return Status.OPEN_JOB
        if self.needs_review:
            return Status.NEEDS_REVIEW
        return Status.OK if self.read_at else Status.NO_READING

    def status(self, today: date) -> Status:
        """What the marker says on the day `today` (UTC)."""
        lasting = self.lasting_status
        if lasting is Status.OK and self.overdue_from is not None and self.overdue_from <= today:
            return Status.OVERDUE
        return lasting


class Change(Document):
    """One change of one meter in one shard, as the queue carries it.

    `sequence` is the stream's sequence number: a long decimal that grows with every change of an item. `state` is what
    holds from then on; None means that the meter is no longer in this shard.
    """

    meter_id: str
    shard: ShardName
    sequence: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,40}$")]
    changed_at: str
    state: MeterState | None = None

    @property
    def removed(self) -> bool:
        """Whether the meter left this shard."""
        return self.state is None


class Row(Document):
    """A meter in its shard, and which change put it there. A row without a state remembers a meter that left."""

    sequence: str
    changed_at: str
    state: MeterState | None = None


class Shard(Document):
    """Every meter of one cell. `version` grows with every write."""

    shard: ShardName
    version: int = 0
    updated_at: str = ""
    meters: dict[str, Row] = Field(default_factory=dict)

    def states(self) -> list[MeterState]:
        """The meters that are here now."""
        return [row.state for row in self.meters.values() if row.state is not None]


def state_of(item: Mapping[str, Any] | None) -> MeterState | None:
    """What the pages may know of a row of the Meters table; None for no row or a meter that is switched off.

    Cleans: an impossible place becomes no place, so that the meter is still counted. Owner, address and serial number
    stay behind. Raises KeyError or ValueError for a row that is no meter.
    """
    if item is None or item.get("active") is False:
        return None
    lat, lon = _place(item.get("location"))
    latest = item.get("latest") or {}
    return MeterState(
        meter_id=str(item["meter_id"]),
        kind=str(item["kind"]),
        zone=str(item.get("zone") or "STANDARD"),
        lat=lat,
        lon=lon,
        read_at=clock.to_text(clock.from_text(str(latest["taken_at"]))) if latest else None,
        risk=item.get("risk_level"),
        open_job=bool(item.get("open_job")),
        needs_review=bool(item.get("open_reviews")),
    )


def _place(location: Any) -> tuple[float | None, float | None]:
    try:
        # Five decimals are a metre.
        lat, lon = round(float(location["lat"]), 5), round(float(location["lon"]), 5)
        geohash.encode(lat, lon, 1)
    except (KeyError, TypeError, ValueError):
        return None, None
    return lat, lon


def changes_between(
    old: MeterState | None, new: MeterState | None, sequence: str, changed_at: datetime
) -> tuple[Change, ...]:
    """What the shards must be told when a meter goes from `old` to `new`: nothing where the pages show no difference.

    A meter that moved to another cell leaves one shard and enters the other.
    """
    moment = clock.to_text(changed_at)
    changes = []
    if old is not None and (new is None or new.shard != old.shard):
        changes.append(Change(meter_id=old.meter_id, shard=old.shard, sequence=sequence, changed_at=moment))
    if new is not None and new != old:
        changes.append(Change(meter_id=new.meter_id, shard=new.shard, sequence=sequence, changed_at=moment, state=new))
    return tuple(changes)


def apply_update(shard: Shard, change: Change) -> Shard:
    """`shard` after `change`, or the same object where it knows this change or a later one already.

    Applying changes twice or in another order ends in the same meters, because each row keeps the greatest sequence.
    """
    known = shard.meters.get(change.meter_id)
    if known is not None and int(known.sequence) >= int(change.sequence):
        return shard
    forget_before = clock.from_text(change.changed_at) - REMEMBERED
    rows = {
        meter_id: row
        for meter_id, row in shard.meters.items()
        if row.state is not None or clock.from_text(row.changed_at) >= forget_before
    }
    rows[change.meter_id] = Row(sequence=change.sequence, changed_at=change.changed_at, state=change.state)
    return shard.model_copy(update={"meters": rows})


def next_version(version: int, now: datetime) -> int:
    """The version after `version`: milliseconds of the epoch, or one more where the clock has not moved on.

    Tied to the clock so that versions keep growing even when the documents are deleted and built again; the published
    pages compare with them.
    """
    return max(version + 1, int(now.timestamp() * 1000))
