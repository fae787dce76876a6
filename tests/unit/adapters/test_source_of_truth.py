"""The source of truth keeps the changes of all its writers, and writes nothing that it has already."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from meterflow import manifest
from meterflow.adapters import source_of_truth
from meterflow.errors import TransientError
from meterflow.fleet import Change, MeterState, Status
from meterflow.manifest import Entry

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_of_truth.time, "sleep", lambda _seconds: None)


def change(meter_id: str, sequence: int, shard: str = "u33db", **facts: Any) -> Change:
    state = MeterState(meter_id=meter_id, kind="water", zone="centre", lat=52.52, lon=13.4, **facts)
    return Change(
        meter_id=meter_id, shard=shard, sequence=str(sequence), changed_at="2026-11-21T08:00:00Z", state=state
    )


def versions_of(key: str) -> int:
    answer = boto3.client("s3").list_object_versions(Bucket="meterflow-lake", Prefix=key)
    return len(answer.get("Versions", []))


def interfere(monkeypatch: pytest.MonkeyPatch, disturb: Callable[[int], None]) -> None:
    """Run `disturb` between each reading and the writing that follows it, but not inside itself."""
    original = source_of_truth._read
    state = {"inside": False, "times": 0}

    def read(key: str, empty: Any) -> Any:
        found = original(key, empty)
        if not state["inside"]:
            state["inside"] = True
            state["times"] += 1
            disturb(state["times"])
            state["inside"] = False
        return found

    monkeypatch.setattr(source_of_truth, "_read", read)


def test_changes_are_kept_and_known_again() -> None:
    first = source_of_truth.update_shard("u33db", [change("a", 1), change("b", 2)], NOW)
    again = source_of_truth.update_shard("u33db", [change("a", 1)], NOW)
    assert again == first == source_of_truth.load_shard("u33db")
    assert versions_of("meters/shards/u33db.json") == 1


@pytest.mark.parametrize("exists", [False, True])
def test_two_updaters_at_once_keep_both_their_changes(monkeypatch: pytest.MonkeyPatch, exists: bool) -> None:
    if exists:
        source_of_truth.update_shard("u33db", [change("z", 1)], NOW)

    def other(times: int) -> None:
        if times == 1:
            source_of_truth.update_shard("u33db", [change("b", 3)], NOW)

    interfere(monkeypatch, other)
    mine = source_of_truth.update_shard("u33db", [change("a", 2)], NOW)
    assert {"a", "b"} <= set(mine.meters)
    assert mine == source_of_truth.load_shard("u33db")


def test_two_updaters_of_the_manifest_keep_both_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(times: int) -> None:
        if times == 1:
            source_of_truth.update_manifest({"u33d8": Entry(version=1, updated_at="x")}, NOW)

    interfere(monkeypatch, other)
    mine = source_of_truth.update_manifest({"u33db": Entry(version=1, updated_at="x")}, NOW)
    assert set(mine.shards) == {"u33db", "u33d8"}
    assert mine == source_of_truth.load_manifest()


def test_whoever_always_loses_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    interfere(monkeypatch, lambda times: source_of_truth.update_shard("u33db", [change("b", times)], NOW) and None)
    with pytest.raises(TransientError, match="u33db"):
        source_of_truth.update_shard("u33db", [change("a", 1)], NOW)


def test_a_write_that_was_done_but_not_answered_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    original = source_of_truth._write
    calls = []

    def write(*args: Any) -> bool:
        calls.append(original(*args))
        # botocore repeated the put whose answer got lost, and the repetition was refused.
        return False if len(calls) == 1 else calls[-1]

    monkeypatch.setattr(source_of_truth, "_write", write)
    shard = source_of_truth.update_shard("u33db", [change("a", 1)], NOW)
    assert set(shard.meters) == {"a"}
    assert calls == [True]


def test_the_list_stops_opening_shards_when_it_is_full_of_more_urgent_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    shards = [
        source_of_truth.update_shard("u33d1", [change(f"o{n}", 1, "u33d1", open_job=True) for n in range(4)], NOW),
        source_of_truth.update_shard(
            "u33d2",
            [change("c", 1, "u33d2", risk="CRITICAL")] + [change(f"r{n}", 1, "u33d2", open_job=True) for n in range(3)],
            NOW,
        ),
        source_of_truth.update_shard("u33d3", [change("h", 1, "u33d3", risk="HIGH")], NOW),
    ]
    current = source_of_truth.update_manifest({shard.shard: manifest.entry_of(shard) for shard in shards}, NOW)
    opened: list[str] = []
    original = source_of_truth.load_shard
    monkeypatch.setattr(source_of_truth, "load_shard", lambda name: opened.append(name) or original(name))
    listed = source_of_truth.load_needing_attention(current, NOW.date(), 2)
    assert [(status, state.meter_id) for status, state in listed] == [(Status.CRITICAL, "c"), (Status.HIGH, "h")]
    assert opened == ["u33d2", "u33d3"]
