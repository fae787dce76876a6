"""Alarms in the leak document's format."""

from datetime import UTC, datetime
from typing import Any

import pytest

from meterflow.alert import (
    TIME_LIMITS,
    TOPICS,
    Predictions,
    RecentReading,
    alert_id_for,
    alert_type_for,
    new_alert,
)
from meterflow.meter import Location, MeterKind
from meterflow.risk import RiskLevel


def alarm(**changes: Any) -> Any:
    given: dict[str, Any] = {
        "alert_id": "ALERT-2026-11-21-341A8F576DED",
        "submission_id": "7c9d6a52-58a1-5d0e-9f2f-4a6f3b1c0d21",
        "meter_id": "WTR-0001",
        "kind": MeterKind.WATER,
        "zone": "CRITICAL",
        "location": Location(lat=38.3452, lon=-0.48301, address="Calle de la Prueba 1"),
        "risk_level": "CRITICAL",
        "predictions": Predictions(leak_probability=0.85, burst_probability=0.15),
        "reason": "Why.",
        "recent_readings": (RecentReading(value="00452.350", taken_at="2026-11-21T08:00:00Z"),),
        "now": datetime(2026, 11, 21, 8, 30, 0, 123_456, tzinfo=UTC),
    }
    return new_alert(**(given | changes))


def test_the_document_is_the_seed_format_and_nothing_else() -> None:
    assert alarm().document() == {
        "alert_id": "ALERT-2026-11-21-341A8F576DED",
        "timestamp": "2026-11-21T08:30:00Z",
        "severity": "CRITICAL",
        "sensor_id": "WTR-0001",
        "location": "38.34520,-0.48301",
        "facility_zone": "CRITICAL",
        "alert_type": "LEAK_DETECTED",
        "predictions": {"leak_probability": 0.85, "burst_probability": 0.15},
        "response_required": {
            "time_limit": "5 minutes",
            "escalation_level": 1,
            "contact_list": ["maintenance-emergency", "facility-manager", "on-call-engineer"],
        },
        "context": {
            "recent_readings": [{"value": "00452.350", "taken_at": "2026-11-21T08:00:00Z"}],
            "trend_analysis": "Why.",
            "nearby_sensors": [],
        },
    }


def test_the_address_stays_out() -> None:
    assert "Prueba" not in alarm().model_dump_json()


@pytest.mark.parametrize(
    ("level", "topic", "limit"),
    [
        ("CRITICAL", "critical", "5 minutes"),
        ("HIGH", "maintenance", "1 hour"),
        ("MEDIUM", "maintenance", "24 hours"),
        ("LOW", "maintenance", "7 days"),
    ],
)
def test_each_level_has_a_topic_and_a_time_limit(level: RiskLevel, topic: str, limit: str) -> None:
    found = alarm(risk_level=level)
    assert found.topic == TOPICS[level] == topic
    assert found.response_required.time_limit == TIME_LIMITS[level] == limit


@pytest.mark.parametrize(
    ("kind", "zone", "leak", "burst", "expected"),
    [
        (MeterKind.WATER, "STANDARD", 0.95, 0.05, "LEAK_DETECTED"),
        (MeterKind.WATER, "STANDARD", 0.95, 0.55, "BURST_DETECTED"),  # both say CRITICAL: the worse name
        (MeterKind.WATER, "STANDARD", 0.95, 0.25, "LEAK_DETECTED"),  # the burst alone is only HIGH
        (MeterKind.WATER, "CRITICAL", 0.65, 0.15, "BURST_DETECTED"),
        (MeterKind.GAS, "STANDARD", 0.7, 0.0, "LEAK_DETECTED"),
        (MeterKind.ELECTRICITY, "STANDARD", 0.95, 0.95, "EXCESSIVE_USE"),
    ],
)
def test_the_type_is_what_makes_the_level(kind: MeterKind, zone: str, leak: float, burst: float, expected: str) -> None:
    assert alert_type_for(kind, zone, leak, burst) == expected


def test_the_id_derives_from_the_submission() -> None:
    one = alert_id_for("7c9d6a52-58a1-5d0e-9f2f-4a6f3b1c0d21", "2026-11-21T08:00:00Z")
    assert one == "ALERT-2026-11-21-341A8F576DED"
    assert alert_id_for("another", "2026-11-21T08:00:00Z") != one
    # The day is that of UTC, whatever zone the text is in.
    assert alert_id_for("7c9d6a52-58a1-5d0e-9f2f-4a6f3b1c0d21", "2026-11-22T01:00:00+02:00") == one
