"""States are cleaned and without personal data; shards end alike in whatever order changes come, however often."""

import random
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meterflow import fleet
from meterflow.fleet import Change, MeterState, Shard, Status

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
TODAY = NOW.date()
ROW: dict[str, Any] = {
    "meter_id": "WTR-0001",
    "kind": "water",
    "zone": "centre",
    "location": {"lat": 52.52, "lon": 13.405, "address": "1 Sample Street"},
    "owner": "00000000-0000-4000-8000-000000000001",
    "serial_number": "SN-1",
    "active": True,
    "latest": {"submission_id": "s", "value": "1", "taken_at": "2026-11-20T08:00:00Z", "quality": "valid"},
}


def state(**changes: Any) -> MeterState:
    found = fleet.state_of(ROW | changes)
    assert found is not None
    return found


def change(meter_id: str, sequence: int, present: bool = True, changed_at: str = "2026-11-21T08:00:00Z") -> Change:
    new = state(meter_id=meter_id, zone=f"z{sequence}") if present else None
    return Change(meter_id=meter_id, shard="u33db", sequence=str(sequence), changed_at=changed_at, state=new)


def test_a_state_has_no_personal_data() -> None:
    text = state().model_dump_json()
    for secret in ("Sample Street", "SN-1", "00000000"):
        assert secret not in text


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, Status.OK),
        ({"latest": None}, Status.NO_READING),
        ({"open_reviews": {"s"}}, Status.NEEDS_REVIEW),
        ({"open_reviews": {"s"}, "open_job": "j"}, Status.OPEN_JOB),
        ({"open_reviews": {"s"}, "open_job": "j", "risk_level": "HIGH"}, Status.HIGH),
        ({"risk_level": "CRITICAL", "latest": None}, Status.CRITICAL),
        ({"risk_level": "MEDIUM"}, Status.OK),
    ],
)
def test_the_most_urgent_status_shows(changes: dict[str, Any], status: Status) -> None:
    assert state(**changes).status(TODAY) is status


def test_a_meter_turns_overdue_on_the_monday_after_six_weeks() -> None:
    read_on_friday = state()
    assert read_on_friday.overdue_from == date(2027, 1, 4)
    assert read_on_friday.status(date(2027, 1, 3)) is Status.OK
    assert read_on_friday.status(date(2027, 1, 4)) is Status.OVERDUE
    assert state(open_reviews={"s"}).status(date(2027, 1, 4)) is Status.NEEDS_REVIEW


@pytest.mark.parametrize(
    "location", [None, {}, {"lat": 91, "lon": 0}, {"lat": "x", "lon": 0}, {"lat": float("nan"), "lon": 0}]
)
def test_an_impossible_place_is_no_place(location: Any) -> None:
    assert state(location=location).shard == fleet.UNPLACED


def test_a_meter_that_is_switched_off_is_gone() -> None:
    assert fleet.state_of(ROW | {"active": False}) is None
    assert fleet.state_of(None) is None


def test_a_row_that_is_no_meter() -> None:
    with pytest.raises(KeyError):
        fleet.state_of({"meter_id": "x"})


def test_what_the_pages_do_not_show_changes_nothing() -> None:
    assert fleet.changes_between(state(), state(serial_number="SN-2"), "1", NOW) == ()


def test_a_meter_that_moves_leaves_one_shard_and_enters_the_other() -> None:
    there = state(location={"lat": 48.1, "lon": 11.5})
    left, entered = fleet.changes_between(state(), there, "7", NOW)
    assert (left.shard, left.removed) == (state().shard, True)
    assert (entered.shard, entered.state) == (there.shard, there)
    assert left.shard != entered.shard


def test_a_deleted_meter_leaves() -> None:
    (left,) = fleet.changes_between(state(), None, "7", NOW)
    assert left.removed


def test_an_older_change_never_wins() -> None:
    shard = fleet.apply_update(Shard(shard="u33db"), change("a", 10))
    assert fleet.apply_update(shard, change("a", 10)) is shard
    assert fleet.apply_update(shard, change("a", 9)) is shard
    # As numbers, not as texts.
    assert fleet.apply_update(shard, change("a", 100)).states()[0].zone == "z100"


def test_an_older_change_does_not_bring_a_removed_meter_back() -> None:
    shard = Shard(shard="u33db")
    for one in (change("a", 1), change("a", 3, present=False), change("a", 2)):
        shard = fleet.apply_update(shard, one)
    assert shard.states() == []


def test_a_removed_meter_is_forgotten_after_a_month() -> None:
    shard = fleet.apply_update(Shard(shard="u33db"), change("a", 1, present=False, changed_at="2026-10-01T00:00:00Z"))
    shard = fleet.apply_update(shard, change("b", 2))
    assert set(shard.meters) == {"b"}


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=12), st.randoms(use_true_random=False))
def test_any_order_and_repetition_ends_alike(steps: list[tuple[str, bool]], chance: random.Random) -> None:
    changes = [change(meter_id, sequence, present) for sequence, (meter_id, present) in enumerate(steps)]
    in_order = Shard(shard="u33db")
    for one in changes:
        in_order = fleet.apply_update(in_order, one)
    shuffled = changes * 2
    chance.shuffle(shuffled)
    other = Shard(shard="u33db")
    for one in shuffled:
        other = fleet.apply_update(other, one)
    assert dict(other.meters) == dict(in_order.meters)


@pytest.mark.parametrize("name", ["../manifest", "a/b", "", "u33ab"])
def test_a_shard_name_is_a_geohash_and_nothing_else(name: str) -> None:
    with pytest.raises(ValueError, match="shard"):
        Change(meter_id="a", shard=name, sequence="1", changed_at="2026-11-21T08:00:00Z")


def test_versions_grow_even_after_a_fresh_start() -> None:
    first = fleet.next_version(0, NOW)
    assert fleet.next_version(first, NOW) == first + 1
    assert fleet.next_version(first + 5, NOW) == first + 6
