"""Seeding: once, resumable, patient with a busy table, and careful with what others changed."""

import os
from collections import Counter
from datetime import date
from typing import Any

import boto3
import pytest

from local.city import people, seed
from local.city.meters import meters
from meterflow.meter import Meter
from tests.unit.city.conftest import TODAY

NAMES = ("Meters", "Readings", "Customers", "Technicians", "Claims")


@pytest.fixture
def tables(aws: None) -> dict[str, str]:  # noqa: ARG001
    return {name: os.environ[f"{name.upper()}_TABLE"] for name in NAMES}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A city of eight meters: moto takes its time with sixteen thousand rows."""
    few = meters()[:8]
    monkeypatch.setattr(seed, "meters", lambda: few)


class Counting:
    """A DynamoDB resource that counts its writes, dies where told, and gives back a part of some full batches."""

    def __init__(self, die_at: int | None = None, give_back: int = 0) -> None:
        self.meta = self
        self.real = boto3.resource("dynamodb").meta.client
        self.client = self
        self.writes: Counter[str] = Counter()
        self.die_at, self.give_back = die_at, give_back

    def __getattr__(self, operation: str) -> Any:
        real = getattr(self.real, operation)

        def call(**arguments: Any) -> Any:
            if operation in ("put_item", "update_item", "batch_write_item"):
                self.writes[operation] += 1
                if self.die_at is not None and self.writes.total() > self.die_at:
                    raise KeyboardInterrupt("the process died")
            if operation == "batch_write_item" and self.give_back:
                ((table, requests),) = arguments["RequestItems"].items()
                if len(requests) == seed.BATCH:
                    self.give_back -= 1
                    real(RequestItems={table: requests[:20]})
                    return {"UnprocessedItems": {table: requests[20:]}}
            return real(**arguments)

        return call


def count(table: str) -> int:
    return int(boto3.resource("dynamodb").Table(table).scan(Select="COUNT")["Count"])


def rows(table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = boto3.resource("dynamodb").Table(table).scan()["Items"]
    return found


@pytest.mark.usefixtures("small")
def test_everything_is_written_once(tables: dict[str, str]) -> None:
    lines: list[str] = []
    first = Counting()
    assert seed.seed(first, tables, lines.append, TODAY)
    assert {name: count(tables[name]) for name in NAMES} == {
        "Meters": 8,
        "Readings": 8 * 53,
        "Customers": 121,
        "Technicians": 12,
        "Claims": 1,
    }
    assert lines[-1] == "meters are there"
    assert f"readings: {8 * 53} of {8 * 53}" in lines
    second = Counting()
    assert not seed.seed(second, tables, lines.append, TODAY)
    assert lines[-1] == "the city is there already"
    # The attempt to claim is the second run's one write, and it is refused.
    assert second.writes == {"put_item": 1}


@pytest.mark.usefixtures("small")
def test_what_is_in_the_table_is_what_the_functions_read(tables: dict[str, str]) -> None:
    seed.seed(boto3.resource("dynamodb"), tables, lambda _: None, TODAY)
    found = {row["meter_id"]: Meter.model_validate(row) for row in rows(tables["Meters"])}
    first = found["WTR-0001"]
    assert first.owner == people.CUSTOMER_ID
    assert first.latest is not None
    assert first.latest.value == "00412.350"
    (claim,) = rows(tables["Claims"])
    assert claim["claim_key"] == "city#v1"
    assert claim["seeded_at"]
    assert "expires_at" not in claim


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("die_at", [0, 1, 60, 135, 140, 152, 158])
def test_a_death_in_the_middle_is_gone_on_with_by_the_next_run(tables: dict[str, str], die_at: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        seed.seed(Counting(die_at), tables, lambda _: None, TODAY)
    # The next run may be on another day; the city keeps the day on which it was begun.
    later = date(2026, 11, 25) if die_at else TODAY
    assert seed.seed(Counting(), tables, lambda _: None, later)
    readings = rows(tables["Readings"])
    assert len(readings) == 8 * 53
    newest = max(row["taken_at"] for row in readings)
    assert newest.startswith("2026-11-14")
    assert count(tables["Meters"]) == 8
    assert count(tables["Customers"]) == 121
    assert count(tables["Technicians"]) == 12


@pytest.mark.usefixtures("small")
def test_the_deaths_above_fall_in_every_stage(tables: dict[str, str]) -> None:
    whole = Counting()
    seed.seed(whole, tables, lambda _: None, TODAY)
    # 1 claim, 121 customers, 12 technicians, 17 batches, 8 meters, 1 settlement.
    assert whole.writes == {"put_item": 1 + 121 + 12 + 8, "batch_write_item": 17, "update_item": 1}


@pytest.mark.usefixtures("small")
def test_what_somebody_changed_since_is_left_alone(tables: dict[str, str]) -> None:
    with pytest.raises(KeyboardInterrupt):
        seed.seed(Counting(die_at=159), tables, lambda _: None, TODAY)  # all but the settlement
    customers = boto3.resource("dynamodb").Table(tables["Customers"])
    customers.update_item(
        Key={"customer_id": people.CUSTOMER_ID},
        UpdateExpression="SET preferences.#l = :es",
        ExpressionAttributeNames={"#l": "language"},
        ExpressionAttributeValues={":es": "es"},
    )
    meters_table = boto3.resource("dynamodb").Table(tables["Meters"])
    meters_table.update_item(
        Key={"meter_id": "WTR-0001"},
        UpdateExpression="SET latest.#v = :new",
        ExpressionAttributeNames={"#v": "value"},
        ExpressionAttributeValues={":new": "00413.000"},
    )
    seed.seed(Counting(), tables, lambda _: None, TODAY)
    assert customers.get_item(Key={"customer_id": people.CUSTOMER_ID})["Item"]["preferences"]["language"] == "es"
    assert meters_table.get_item(Key={"meter_id": "WTR-0001"})["Item"]["latest"]["value"] == "00413.000"


@pytest.mark.usefixtures("small")
def test_what_a_busy_table_gives_back_is_sent_again(tables: dict[str, str]) -> None:
    busy = Counting(give_back=5)
    seed.seed(busy, tables, lambda _: None, TODAY)
    assert count(tables["Readings"]) == 8 * 53
    assert busy.writes["batch_write_item"] > 17


def test_a_table_that_stays_busy_is_named_and_the_waits_grow() -> None:
    waits: list[float] = []

    class Busy:
        def batch_write_item(self, RequestItems: Any) -> Any:  # noqa: N803
            return {"UnprocessedItems": RequestItems}

    with pytest.raises(seed.SeedingFailed, match="meterflow-Readings did not take 1 items after 10"):
        seed._write_batch(Busy(), "meterflow-Readings", [{"submission_id": "x"}], waits.append)
    assert len(waits) == seed.ATTEMPTS
    assert all(wait <= min(2.0, 0.05 * 2**attempt) for attempt, wait in enumerate(waits))
