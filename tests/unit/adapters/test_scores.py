"""Scores are kept once a submission, for 30 days."""

import os
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from boto3.dynamodb.conditions import Key

from meterflow.adapters import scores
from meterflow.sensor_result import SensorResult

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def result(**changes: Any) -> SensorResult:
    given = {
        "sensor_id": "WTR-0001",
        "timestamp": "2026-11-21T08:00:00Z",
        "submission_id": "s-1",
        "location": "38.34520,-0.48301",
        "facility_zone": "STANDARD",
        "leak_probability": 0.91,
        "burst_probability": 0.07,
        "risk_level": "CRITICAL",
        "score": 0.73,
        "reason": "Why.",
        "model_version": "rate-anomaly-1",
    }
    return SensorResult.model_validate(given | changes)


def rows() -> list[dict[str, Any]]:
    table = boto3.resource("dynamodb").Table(os.environ["SENSOR_RESULTS_TABLE"])
    return table.query(KeyConditionExpression=Key("sensor_id").eq("WTR-0001"))["Items"]


@pytest.mark.usefixtures("aws")
def test_a_score_carries_the_document_fields_and_expires_after_30_days() -> None:
    assert scores.put(result(), NOW)
    (row,) = rows()
    assert SensorResult.model_validate(row) == result()
    assert row["alert_sent"] is False
    assert row["expires_at"] == int(NOW.timestamp()) + 30 * 86_400


@pytest.mark.usefixtures("aws")
def test_scoring_again_overwrites_its_own_row_but_not_that_an_alarm_was_sent() -> None:
    scores.put(result(), NOW)
    assert scores.mark_alerted("WTR-0001", "2026-11-21T08:00:00Z", "s-1")
    assert scores.put(result(score=0.5), NOW)
    (row,) = rows()
    assert float(row["score"]) == 0.5
    assert row["alert_sent"] is True


@pytest.mark.usefixtures("aws")
def test_another_submission_at_the_same_moment_changes_nothing() -> None:
    scores.put(result(), NOW)
    assert not scores.put(result(submission_id="s-2", score=0.1), NOW)
    assert not scores.mark_alerted("WTR-0001", "2026-11-21T08:00:00Z", "s-2")
    (row,) = rows()
    assert row["submission_id"] == "s-1"
    assert row["alert_sent"] is False


@pytest.mark.usefixtures("aws")
def test_an_alarm_without_a_kept_score_makes_no_half_row() -> None:
    assert not scores.mark_alerted("WTR-0001", "2026-11-21T08:00:00Z", "s-1")
    assert rows() == []
