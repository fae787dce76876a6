"""Alarms for the tests of the API: the sample alarm in its table, with whatever is to be different."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from meterflow.adapters import alerts
from meterflow.alert import Alert, Predictions, RecentReading, new_alert
from meterflow.alert_evidence import Evidence

ALERT = "ALERT-2026-11-21-341A8F576DED"
RAISED = datetime(2026, 11, 21, 8, 0, 2, tzinfo=UTC)
SAMPLE = Path(__file__).parents[2] / "events/anomaly_scoring/raise_alarm.json"


def alarm(alert_id: str = ALERT, meter_id: str = "WTR-0001", now: datetime = RAISED, **changes: Any) -> Alert:
    """The sample alarm; `changes` are its own fields."""
    given = json.loads(SAMPLE.read_text())
    evidence = Evidence.model_validate(given["evidence"])
    made = new_alert(
        alert_id=alert_id,
        submission_id=given["submission_id"] if alert_id == ALERT else f"of-{alert_id}",
        meter_id=meter_id,
        alert_type=evidence.alert_type,
        zone=given["zone"],
        location="48.13700,11.57500",
        risk_level=given["risk_level"],
        predictions=Predictions(leak_probability=1.0, burst_probability=1.0),
        trend=evidence.trend,
        recent_readings=tuple(RecentReading(**reading) for reading in given["recent_readings"]),
        nearby=("WTR-0002",),
        now=now,
        taken_at=given["taken_at"],
        subject="water",
        score=given["score"],
        model_version=given["model_version"],
        probabilities=evidence.probabilities,
        findings=evidence.findings,
        chart=evidence.chart,
    )
    return made.model_copy(update=changes)


def put_alarm(*arguments: Any, **changes: Any) -> Alert:
    """`alarm`, in its table."""
    return alerts.claim(alarm(*arguments, **changes))
