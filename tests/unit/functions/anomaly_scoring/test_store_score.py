"""StoreScore: kept once."""

import os
from typing import Any

import boto3
import pytest

from meterflow.adapters import meter_memory
from meterflow.errors import BrokenInvariant
from tests.unit.functions.anomaly_scoring.hourly import register


@pytest.fixture
def store(load_handler: Any, lambda_context: Any) -> Any:
    handler = load_handler("anomaly_scoring", "store_score").handler
    return lambda payload: handler(payload, lambda_context)


def rows() -> list[dict[str, Any]]:
    return boto3.resource("dynamodb").Table(os.environ["SENSOR_RESULTS_TABLE"]).scan()["Items"]


@pytest.mark.usefixtures("meter")
def test_the_row_says_what_the_document_asks(store: Any, event: Any) -> None:
    assert store(event("anomaly_scoring/store_score")) == {"outcome": "STORED"}
    (row,) = rows()
    assert (row["sensor_id"], row["timestamp"]) == ("WTR-0001", "2026-11-21T08:00:00Z")
    assert (row["location"], row["facility_zone"]) == ("38.34520,-0.48301", "STANDARD")
    assert (row["risk_level"], row["model_version"], row["alert_sent"]) == ("CRITICAL", "rate-anomaly-1", False)
    assert row["expires_at"] > 0
    assert "Privada" not in str(row)


@pytest.mark.usefixtures("meter")
def test_a_retry_stores_one_row(store: Any, event: Any) -> None:
    sample = event("anomaly_scoring/store_score")
    assert store(sample) == store(sample) == {"outcome": "STORED"}
    assert len(rows()) == 1


@pytest.mark.usefixtures("meter")
def test_another_submission_of_the_same_moment_is_told_so(store: Any, event: Any) -> None:
    sample = event("anomaly_scoring/store_score")
    store(sample)
    assert store(sample | {"submission_id": "another"}) == {"outcome": "TAKEN"}


@pytest.mark.usefixtures("aws")
def test_a_meter_that_is_gone_is_a_bug(store: Any, event: Any) -> None:
    with pytest.raises(BrokenInvariant):
        store(event("anomaly_scoring/store_score"))


def hourly(until: int) -> dict[str, Any]:
    rows = [dict(zip(("taken_at", "value"), register(hour), strict=True)) for hour in range(until - 30, until + 1)]
    return {"taken_at": rows[-1]["taken_at"], "advance": {"rows": rows, "unit": "m3", "since": None}}


@pytest.mark.usefixtures("meter")
def test_the_scorer_takes_in_what_it_has_not_seen_and_once(store: Any, event: Any) -> None:
    sample = event("anomaly_scoring/store_score")
    store(sample | hourly(100))
    first = meter_memory.load("WTR-0001").scorers["meter"]
    assert first.newest_at == register(100)[0]
    store(sample | hourly(100))
    assert meter_memory.load("WTR-0001").scorers["meter"] == first
    # A late one is behind it; a later one goes on from there.
    store(sample | hourly(90))
    assert meter_memory.load("WTR-0001").scorers["meter"] == first
    store(sample | hourly(101))
    assert meter_memory.load("WTR-0001").scorers["meter"].version == 2


@pytest.mark.usefixtures("meter")
@pytest.mark.parametrize("after", [False, True])
def test_death_between_score_and_state_is_mended_by_the_retry(
    store: Any, event: Any, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    """The score is there already; the state takes the reading in exactly once."""
    sample = event("anomaly_scoring/store_score") | hourly(100)
    real = meter_memory.change_state

    def dies(*arguments: Any) -> bool:
        if after:
            real(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(meter_memory, "change_state", dies)
        with pytest.raises(KeyboardInterrupt):
            store(sample)
    assert len([row for row in rows() if row["sensor_id"] == "WTR-0001"]) == 1
    assert store(sample) == {"outcome": "STORED"}
    assert meter_memory.load("WTR-0001").scorers["meter"].version == 1
