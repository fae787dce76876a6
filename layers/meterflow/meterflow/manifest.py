"""The manifest of the fleet: a line per shard with counts, from which the pages' figures come without opening a shard.

Whether a meter is overdue depends on the day. So a line counts its meters that are well by the day they turn overdue,
and the figures of any later day come out right although no shard was written since.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Self

from pydantic import Field

from meterflow.fleet import Document, MeterState, Shard, Status

URGENCY = {status: rank for rank, status in enumerate(Status)}
# What the pages list one by one. A new meter without a reading is counted, and needs nobody yet.
NEEDS_ATTENTION = (Status.CRITICAL, Status.HIGH, Status.OPEN_JOB, Status.NEEDS_REVIEW, Status.OVERDUE)


class Group(Document):
    """Counts of the meters of one kind in one zone. `overdue_from` counts the OK ones by the day they turn overdue."""

    kind: str
    zone: str
    by_status: dict[Status, int] = Field(default_factory=dict)
    needs_review: int = 0
    open_jobs: int = 0
    overdue_from: dict[str, int] = Field(default_factory=dict)


class Entry(Document):
    """A shard's line in the manifest."""

    version: int
    updated_at: str
    groups: tuple[Group, ...] = ()


class Manifest(Document):
    """Every shard with its counts. `version` grows with every write; a page is current when it was made from it."""

    version: int = 0
    updated_at: str = ""
    shards: dict[str, Entry] = Field(default_factory=dict)


class Summary(Document):
    """Figures of some meters on one day. `by_status` sums to `meters`; the other two count across statuses."""

    meters: int = 0
    by_status: dict[Status, int]
    needs_review: int = 0
    open_jobs: int = 0

    @property
    def attention(self) -> int:
        """How many meters need somebody."""
        return sum(self.by_status[status] for status in NEEDS_ATTENTION)

    @classmethod
    def of(cls, groups: Iterable[Group], today: date) -> Self:
        """The figures of `groups` on the day `today` (UTC)."""
        by_status = dict.fromkeys(Status, 0)
        reviews = jobs = 0
        for group in groups:
            for status, count in group.by_status.items():
                by_status[status] += count
            overdue = sum(count for day, count in group.overdue_from.items() if date.fromisoformat(day) <= today)
            by_status[Status.OVERDUE] += overdue
            by_status[Status.OK] -= overdue
            reviews += group.needs_review
            jobs += group.open_jobs
        return cls(meters=sum(by_status.values()), by_status=by_status, needs_review=reviews, open_jobs=jobs)


def edition(manifest: Manifest, today: date) -> int:
    """The version of the pages made from `manifest` on the day `today`: a new manifest or a new day makes a new one."""
    midnight = datetime.combine(today, time(), UTC)
    return max(manifest.version, int(midnight.timestamp() * 1000))


def entry_of(shard: Shard) -> Entry:
    """The manifest's line for `shard`."""
    members: dict[tuple[str, str], list[MeterState]] = {}
    for state in shard.states():
        members.setdefault((state.kind, state.zone), []).append(state)
    groups = tuple(_group(kind, zone, states) for (kind, zone), states in sorted(members.items()))
    return Entry(version=shard.version, updated_at=shard.updated_at, groups=groups)


def _group(kind: str, zone: str, states: list[MeterState]) -> Group:
    by_status: dict[Status, int] = {}
    overdue_from: dict[str, int] = {}
    for state in states:
        status = state.lasting_status
        by_status[status] = by_status.get(status, 0) + 1
        if status is Status.OK and state.overdue_from is not None:
            day = state.overdue_from.isoformat()
            overdue_from[day] = overdue_from.get(day, 0) + 1
    return Group(
        kind=kind,
        zone=zone,
        by_status=by_status,
        needs_review=sum(state.needs_review for state in states),
        open_jobs=sum(state.open_job for state in states),
        overdue_from=overdue_from,
    )


def enter(manifest: Manifest, entries: Mapping[str, Entry]) -> Manifest:
    """`manifest` with `entries`, each only where it is newer than what stands there; the same object if none is."""
    newer = {
        name: entry
        for name, entry in entries.items()
        if name not in manifest.shards or manifest.shards[name].version < entry.version
    }
    return manifest.model_copy(update={"shards": manifest.shards | newer}) if newer else manifest


def summarise(manifest: Manifest, today: date) -> Summary:
    """The figures of the whole fleet."""
    return Summary.of(_groups(manifest), today)


def summarise_by_kind_and_zone(manifest: Manifest, today: date) -> dict[tuple[str, str], Summary]:
    """The figures of every kind in every zone, sorted."""
    members: dict[tuple[str, str], list[Group]] = {}
    for group in _groups(manifest):
        members.setdefault((group.kind, group.zone), []).append(group)
    return {key: Summary.of(groups, today) for key, groups in sorted(members.items())}


def _groups(manifest: Manifest) -> list[Group]:
    return [group for entry in manifest.shards.values() for group in entry.groups]


def shards_by_urgency(manifest: Manifest, today: date) -> list[tuple[Status, str]]:
    """The shards in which a meter needs attention and the most urgent status in each, the most urgent shards first."""
    found = []
    for name, entry in manifest.shards.items():
        by_status = Summary.of(entry.groups, today).by_status
        present = [status for status in NEEDS_ATTENTION if by_status[status]]
        if present:
            found.append((present[0], name))
    return sorted(found, key=lambda one: (URGENCY[one[0]], one[1]))


def needing_attention(states: Iterable[MeterState], today: date) -> list[tuple[Status, MeterState]]:
    """The meters that need somebody, the most urgent first and the longest unread first among equals."""
    found = [(state.status(today), state) for state in states]
    wanted = [(status, state) for status, state in found if status in NEEDS_ATTENTION]
    return sorted(wanted, key=lambda one: (URGENCY[one[0]], one[1].read_at or "", one[1].meter_id))
