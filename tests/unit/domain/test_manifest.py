"""The manifest's figures equal a count of the meters themselves, on any day."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from meterflow import fleet, manifest
from meterflow.fleet import Change, MeterState, Shard, Status
from meterflow.manifest import Entry, Manifest

states = st.builds(
    MeterState,
    meter_id=st.uuids().map(str),
    kind=st.sampled_from(["water", "gas"]),
    zone=st.sampled_from(["north", "south"]),
    read_at=st.one_of(
        st.none(),
        st.integers(0, 120).map(lambda days: f"{date(2026, 11, 21) - timedelta(days=days)}T08:00:00Z"),
    ),
    risk=st.sampled_from([None, "LOW", "HIGH", "CRITICAL"]),
    open_job=st.booleans(),
    needs_review=st.booleans(),
)


def shard_of(name: str, members: list[MeterState], version: int = 1) -> Shard:
    shard = Shard(shard=name, version=version, updated_at="2026-11-21T08:00:00Z")
    for state in members:
        one = Change(meter_id=state.meter_id, shard=name, sequence="1", changed_at="2026-11-21T08:00:00Z", state=state)
        shard = fleet.apply_update(shard, one)
    return shard


def manifest_of(*shards: Shard) -> Manifest:
    return manifest.enter(Manifest(), {shard.shard: manifest.entry_of(shard) for shard in shards})


@given(st.lists(states, max_size=12), st.lists(states, max_size=12), st.integers(0, 100))
def test_figures_equal_a_count(here: list[MeterState], there: list[MeterState], days: int) -> None:
    today = date(2026, 11, 21) + timedelta(days=days)
    current = manifest_of(shard_of("u33db", here), shard_of("u33d8", there))
    summary = manifest.summarise(current, today)
    everyone = here + there
    counted = Counter(state.status(today) for state in everyone)
    assert {status: count for status, count in summary.by_status.items() if count} == counted
    assert summary.meters == len(everyone)
    assert summary.open_jobs == sum(state.open_job for state in everyone)
    assert summary.needs_review == sum(state.needs_review for state in everyone)
    rows = manifest.summarise_by_kind_and_zone(current, today)
    assert sum(row.meters for row in rows.values()) == len(everyone)
    assert summary.attention == len(manifest.needing_attention(everyone, today))


def test_an_older_entry_never_replaces_a_newer_one() -> None:
    current = manifest.enter(Manifest(), {"u33db": Entry(version=5, updated_at="b")})
    assert manifest.enter(current, {"u33db": Entry(version=5, updated_at="a")}) is current
    assert manifest.enter(current, {"u33db": Entry(version=4, updated_at="a")}) is current
    both = manifest.enter(current, {"u33d8": Entry(version=1, updated_at="c")})
    assert set(both.shards) == {"u33db", "u33d8"}


def test_shards_come_in_the_order_of_their_most_urgent_meter() -> None:
    def member(meter_id: str, **facts: object) -> MeterState:
        return MeterState.model_validate({"meter_id": meter_id, "kind": "gas", "zone": "z"} | facts)

    today = date(2026, 11, 21)
    current = manifest_of(
        shard_of("u33d1", [member("a", open_job=True), member("b", open_job=True)]),
        shard_of("u33d2", [member("c", risk="CRITICAL")]),
        shard_of("u33d3", [member("d")]),
        shard_of("u33d4", [member("e", read_at="2026-01-01T00:00:00Z")]),
    )
    assert manifest.shards_by_urgency(current, today) == [
        (Status.CRITICAL, "u33d2"),
        (Status.OPEN_JOB, "u33d1"),
        (Status.OVERDUE, "u33d4"),
    ]


def test_a_new_day_makes_a_new_edition() -> None:
    written = Manifest(version=int(datetime(2026, 11, 21, 8, tzinfo=UTC).timestamp() * 1000))
    assert manifest.edition(written, date(2026, 11, 21)) == written.version
    assert manifest.edition(written, date(2026, 11, 22)) > written.version


def test_a_meter_is_counted_as_overdue_from_its_very_day() -> None:
    read_on_friday = MeterState(meter_id="a", kind="gas", zone="z", read_at="2026-11-20T08:00:00Z")
    current = manifest_of(shard_of("u33db", [read_on_friday]))
    monday = date(2027, 1, 4)
    assert manifest.summarise(current, monday - timedelta(days=1)).by_status[Status.OVERDUE] == 0
    assert manifest.summarise(current, monday).by_status[Status.OVERDUE] == 1
