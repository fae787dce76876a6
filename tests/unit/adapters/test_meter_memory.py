"""What scoring remembers of a meter: two writers at once lose nothing, and a repeated call changes nothing."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import boto3
import pytest
from boto3.dynamodb.conditions import Key

from meterflow.adapters import meter_memory
from meterflow.errors import BrokenInvariant, TransientError
from meterflow.tolerance import LASTS

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


def at(minute: int) -> str:
    return f"2026-11-21T08:{minute:02d}:00Z"


def counted(content: Mapping[str, Any] | None, _seen: str | None = None) -> dict[str, Any]:
    """A scorer's state that counts its rows."""
    return {"rows": (content["rows"] if content else 0) + 1}


def rows() -> list[dict[str, Any]]:
    found = boto3.resource("dynamodb").Table(os.environ["SENSOR_RESULTS_TABLE"]).scan()["Items"]
    return sorted(found, key=lambda row: str(row["timestamp"]))


@pytest.mark.usefixtures("aws")
def test_nothing_is_remembered_of_a_new_meter() -> None:
    memory = meter_memory.load("WTR-0001")
    assert (memory.tolerance, memory.scorers) == (None, {})


@pytest.mark.usefixtures("aws")
def test_a_state_takes_in_each_moment_once_and_in_order() -> None:
    for minute in (1, 1, 3, 2):
        meter_memory.change_state("WTR-0001", "meter", at(minute), counted, NOW)
    state = meter_memory.load("WTR-0001").scorers["meter"]
    assert (state.content, state.newest_at, state.version) == ({"rows": 2}, at(3), 2)
    assert meter_memory.change_state("WTR-0001", "meter", at(4), counted, NOW)
    assert not meter_memory.change_state("WTR-0001", "meter", at(4), counted, NOW)


@pytest.mark.usefixtures("aws")
def test_rows_of_results_and_memory_never_meet() -> None:
    meter_memory.change_state("WTR-0001", "meter", at(1), counted, NOW)
    meter_memory.teach("WTR-0001", "a", NOW)
    assert [(row["sensor_id"], row["timestamp"]) for row in rows()] == [
        ("state#WTR-0001", "scorer#meter"),
        ("state#WTR-0001", "tolerance"),
    ]
    results = boto3.resource("dynamodb").Table(os.environ["SENSOR_RESULTS_TABLE"])
    assert results.query(KeyConditionExpression=Key("sensor_id").eq("WTR-0001"))["Items"] == []
    kept = [int(row["expires_at"]) for row in rows()]
    assert kept == [int((NOW + meter_memory.STATE_KEPT).timestamp()), int((NOW + LASTS).timestamp())]


@pytest.mark.usefixtures("atomic_items")
def test_many_at_once_lose_no_answer() -> None:
    def teach(alert_id: str) -> None:
        while True:
            try:
                meter_memory.teach("WTR-0001", alert_id, NOW)
            except TransientError:
                continue
            return

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(teach, "aabbccdd"))
    learned = meter_memory.load("WTR-0001").tolerance
    assert learned is not None
    assert (sorted(learned.alerts), learned.version) == (list("abcd"), 4)
    assert learned.multiplier == Decimal(3)


@pytest.mark.usefixtures("aws")
def test_a_state_that_moved_meanwhile_is_read_again() -> None:
    """Another execution takes in its row between our read and our write: both rows are in it."""
    seen: list[Mapping[str, Any] | None] = []

    def advance(content: Mapping[str, Any] | None, seen_to: str | None) -> dict[str, Any]:
        seen.append(content)
        assert seen_to == (at(1) if content else None)
        if len(seen) == 1:
            meter_memory.change_state("WTR-0001", "meter", at(1), counted, NOW)
        return counted(content)

    assert meter_memory.change_state("WTR-0001", "meter", at(2), advance, NOW)
    assert seen == [None, {"rows": 1}]
    assert meter_memory.load("WTR-0001").scorers["meter"].content == {"rows": 2}


@pytest.mark.usefixtures("aws")
def test_a_state_that_never_stands_still_is_an_outage() -> None:
    minute = iter(range(1, 60))

    def busy(content: Mapping[str, Any] | None, _seen: str | None) -> dict[str, Any]:
        meter_memory.change_state("WTR-0001", "meter", at(next(minute)), counted, NOW)
        return counted(content)

    with pytest.raises(TransientError):
        meter_memory.change_state("WTR-0001", "meter", "2026-11-22T08:00:00Z", busy, NOW)


@pytest.mark.usefixtures("aws")
def test_a_state_that_grows_without_end_is_a_bug() -> None:
    with pytest.raises(BrokenInvariant):
        meter_memory.change_state(
            "WTR-0001", "meter", at(1), lambda *_: {"noise": [hash((place, "x")) for place in range(9000)]}, NOW
        )


@pytest.mark.usefixtures("aws")
def test_a_repeated_lesson_is_one() -> None:
    first = meter_memory.teach("WTR-0001", "a", NOW)
    assert meter_memory.teach("WTR-0001", "a", NOW + timedelta(days=1)) == first
    assert meter_memory.load("WTR-0001").tolerance == first
    assert meter_memory.load("WTR-0002").tolerance is None
