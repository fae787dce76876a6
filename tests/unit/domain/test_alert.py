"""Alarms in the leak document's format."""

from datetime import UTC, datetime
from typing import Any

import pytest

from meterflow.alert import Acknowledgement, Alert, Predictions, RecentReading, alert_id_for, new_alert, row_id
from meterflow.alert_types import TIME_LIMITS, TOPICS, AlertType
from meterflow.risk import RiskLevel


def alarm(**changes: Any) -> Any:
    given: dict[str, Any] = {
        "alert_id": "ALERT-2026-11-21-341A8F576DED",
        "submission_id": "7c9d6a52-58a1-5d0e-9f2f-4a6f3b1c0d21",
        "meter_id": "WTR-0001",
        "alert_type": "LEAK_DETECTED",
        "zone": "CRITICAL",
        "location": "38.34520,-0.48301",
        "risk_level": "CRITICAL",
        "predictions": Predictions(leak_probability=0.85, burst_probability=0.15),
        "trend": "rising for 3 days, 2.1 times the usual",
        "explanation": "Why.",
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
            "trend_analysis": "rising for 3 days, 2.1 times the usual",
            "explanation": "Why.",
            "nearby_sensors": [],
        },
    }


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
    ("unanswered", "level", "asked"),
    [
        (0, 1, ("maintenance-staff", "facility-coordinator")),
        (1, 2, ("maintenance-staff", "facility-coordinator", "facility-manager")),
        (
            2,
            3,
            ("maintenance-staff", "facility-coordinator", "facility-manager", "on-call-engineer", "operations-manager"),
        ),
        (
            9,
            3,
            ("maintenance-staff", "facility-coordinator", "facility-manager", "on-call-engineer", "operations-manager"),
        ),
    ],
)
def test_each_alarm_that_nobody_answered_escalates_the_next(
    unanswered: int, level: int, asked: tuple[str, ...]
) -> None:
    required = alarm(risk_level="HIGH", unanswered=unanswered).response_required
    assert (required.escalation_level, required.contact_list) == (level, asked)


@pytest.mark.parametrize(
    ("about", "level", "topic"),
    [
        ("SENSOR_FAULT", "HIGH", "system"),
        ("SENSOR_FAULT", "MEDIUM", "system"),
        ("SENSOR_FAULT", "CRITICAL", "critical"),
        ("TAMPERING", "HIGH", "maintenance"),
        ("FIRE_DETECTED", "HIGH", "maintenance"),
    ],
)
def test_a_broken_sensor_is_the_systems_health(about: AlertType, level: RiskLevel, topic: str) -> None:
    assert alarm(alert_type=about, risk_level=level).topic == topic


def test_a_fire_asks_the_warden_first() -> None:
    required = alarm(alert_type="FIRE_DETECTED").response_required
    assert required.contact_list[:2] == ("fire-warden", "emergency-services")


def test_a_sensors_row_has_measurements_in_place_of_a_value() -> None:
    row = RecentReading(taken_at="2026-11-21T08:00:00Z", measurements={"pressure_bar": 2.1})
    document = alarm(recent_readings=(row,)).document()
    shown = {"taken_at": "2026-11-21T08:00:00Z", "measurements": {"pressure_bar": 2.1}}
    assert document["context"]["recent_readings"] == [shown]


def test_an_alarm_of_before_there_was_evidence_is_still_one() -> None:
    """Rows in the table outlive the code that wrote them."""
    old = alarm().model_dump(mode="json")
    for name in ("taken_at", "subject", "score", "probabilities", "findings", "chart", "acknowledgement"):
        del old[name]
    del old["context"]["explanation"]
    assert Alert.model_validate(old).findings is None


def test_the_same_answer_is_the_same_words_of_the_same_person() -> None:
    one = Acknowledgement(reason="fixed", comment="valve", by="u", role="technician", at="2026-11-21T08:00:00Z")
    assert one.same_answer(one.model_copy(update={"at": "2026-11-21T09:00:00Z"}))
    for other in ({"reason": "false_alarm"}, {"comment": ""}, {"by": "v"}):
        assert not one.same_answer(one.model_copy(update=other))


def test_a_row_of_a_sensor_has_one_id() -> None:
    one = row_id("S001", "2026-11-21T08:00:00Z")
    assert one == row_id("S001", "2026-11-21T08:00:00Z")
    assert one not in (row_id("S002", "2026-11-21T08:00:00Z"), row_id("S001", "2026-11-21T08:00:01Z"))


def test_the_id_derives_from_the_submission() -> None:
    one = alert_id_for("7c9d6a52-58a1-5d0e-9f2f-4a6f3b1c0d21", "2026-11-21T08:00:00Z")
    assert one == "ALERT-2026-11-21-341A8F576DED"
    assert alert_id_for("another", "2026-11-21T08:00:00Z") != one
    # The day is that of UTC, whatever zone the text is in.
    assert alert_id_for("7c9d6a52-58a1-5d0e-9f2f-4a6f3b1c0d21", "2026-11-22T01:00:00+02:00") == one
