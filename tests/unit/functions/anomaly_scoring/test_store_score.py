"""StoreScore: kept once."""

import os
from typing import Any

import boto3
import pytest

from meterflow.errors import BrokenInvariant


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
