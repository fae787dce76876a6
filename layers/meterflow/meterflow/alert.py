"""Alarms in the leak document's format (section 2.6.2), and what becomes of them."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from meterflow import ids
from meterflow.alert_chart import Chart
from meterflow.alert_types import (
    TIME_LIMITS,
    AlertType,
    Subject,
    Topic,
    contacts,
    escalation_level,
    topic_of,
)
from meterflow.clock import from_text, to_text
from meterflow.explanation import Findings
from meterflow.meter import Location
from meterflow.risk import RiskLevel

AlertStatus = Literal["ACTIVE", "ACKNOWLEDGED"]
STATUSES: tuple[AlertStatus, ...] = ("ACTIVE", "ACKNOWLEDGED")
Reason = Literal["fixed", "normal_for_me", "false_alarm", "known_work", "not_reachable"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Predictions(_Part):
    """The document's two probabilities, 0 to 1; a model that says something else is in the alarm's `probabilities`."""

    leak_probability: float
    burst_probability: float


class ResponseRequired(_Part):
    """What people have to do. `escalation_level` is 1 for the first alarm of a place and one more for each before it
    that nobody answered."""

    time_limit: str
    escalation_level: int = 1
    contact_list: tuple[str, ...]


class RecentReading(_Part):
    """A reading beside the alarm: `value` a decimal string, or `measurements` of a sensor by name."""

    value: str = ""
    taken_at: str
    measurements: dict[str, float] = Field(default_factory=dict)


class Context(_Part):
    """What led to the alarm: the readings (newest first), which way they go, the sentence that names those which
    caused it, and the meters that stand nearby (nearest first)."""

    recent_readings: tuple[RecentReading, ...] = ()
    trend_analysis: str
    explanation: str = ""
    nearby_sensors: tuple[str, ...] = ()


class Acknowledgement(_Part):
    """Somebody's answer to an alarm: why, by whom (a user id) in which role, and when. It never changes.

    `settled_at` is set once everything that follows from it is done; until then the same call does it again.
    """

    reason: Reason
    comment: str = ""
    by: str
    role: Literal["operator", "technician", "customer"]
    at: str
    settled_at: str | None = None

    def same_answer(self, other: "Acknowledgement") -> bool:
        """Whether `other` is this answer given once more: by the same person, in the same words."""
        return (self.by, self.reason, self.comment) == (other.by, other.reason, other.comment)


class Alert(_Part):
    """An alarm as the Alerts table holds it: the document's fields, and ours after them.

    `sensor_id` is the meter's or sensor's id and `meter_id` the same, by which an index lists the alarms of one place.
    `location` is coordinates, because an address is personal data and the topics' subscribers are roles.
    `submission_id` names what was scored: the submission of a reading, or the derived id of a sensor's row.
    `published_at` is set once its message is out, `chart_key` once its chart is drawn (without its ending).
    """

    alert_id: str
    timestamp: str
    severity: RiskLevel
    sensor_id: str
    location: str
    facility_zone: str
    alert_type: AlertType
    predictions: Predictions
    response_required: ResponseRequired
    context: Context

    meter_id: str
    submission_id: str
    raised_at: str
    status: AlertStatus = "ACTIVE"
    published_at: str | None = None
    taken_at: str | None = None
    subject: Subject | None = None
    score: float | None = None
    model_version: str | None = None
    probabilities: dict[str, float] = Field(default_factory=dict)
    findings: Findings | None = None
    chart: Chart | None = None
    chart_key: str | None = None
    acknowledgement: Acknowledgement | None = None

    @property
    def topic(self) -> Topic:
        """The topic that its severity and type go to."""
        return topic_of(self.severity, self.alert_type)

    def document(self) -> dict[str, Any]:
        """The alert message, in the document's format and nothing else but the sentence in its context."""
        message = self.model_dump(mode="json", include=set(_DOCUMENT))
        for reading in message["context"]["recent_readings"]:
            for name in ("value", "measurements"):
                if not reading[name]:
                    del reading[name]
        return message


_DOCUMENT = (
    "alert_id", "timestamp", "severity", "sensor_id", "location", "facility_zone", "alert_type", "predictions",
    "response_required", "context",
)  # fmt: skip


def alert_id_for(submission_id: str, taken_at: str) -> str:
    """The name of the alarm about a submission: the document's form, with a derived end instead of a counter.

    A counter would give a retried step a second alarm; this one finds the first. Raises ValueError for a bad time.
    """
    derived = ids.derived_id("alert", submission_id).replace("-", "")[:12].upper()
    return f"ALERT-{from_text(taken_at):%Y-%m-%d}-{derived}"


def row_id(sensor_id: str, timestamp: str) -> str:
    """The id of a sensor's row, which has no submission: what its score and its alarm are claimed by."""
    return ids.derived_id("sensor-row", sensor_id, timestamp)


def chart_key(alert_id: str) -> str:
    """Where the chart of an alarm lies in the photos bucket, without its ending."""
    return f"charts/{alert_id}"


def coordinates(location: Location) -> str:
    """Where a meter stands, as `latitude,longitude` in degrees to about a metre."""
    return f"{location.lat:.5f},{location.lon:.5f}"


def new_alert(
    *,
    alert_id: str,
    submission_id: str,
    meter_id: str,
    alert_type: AlertType,
    zone: str,
    location: str,
    risk_level: RiskLevel,
    predictions: Predictions,
    trend: str,
    now: datetime,
    explanation: str = "",
    recent_readings: tuple[RecentReading, ...] = (),
    nearby: tuple[str, ...] = (),
    unanswered: int = 0,
    **ours: Any,
) -> Alert:
    """The alarm about what was scored, raised `now`. `unanswered` counts the earlier alarms of the place that nobody
    acknowledged; `ours` are the fields beside the document's."""
    topic, level = topic_of(risk_level, alert_type), escalation_level(unanswered)
    raised_at = to_text(now.replace(microsecond=0))
    return Alert(
        alert_id=alert_id,
        timestamp=raised_at,
        severity=risk_level,
        sensor_id=meter_id,
        location=location,
        facility_zone=zone,
        alert_type=alert_type,
        predictions=predictions,
        response_required=ResponseRequired(
            time_limit=TIME_LIMITS[risk_level],
            escalation_level=level,
            contact_list=contacts(topic, alert_type, level),
        ),
        context=Context(
            recent_readings=recent_readings, trend_analysis=trend, explanation=explanation, nearby_sensors=nearby
        ),
        meter_id=meter_id,
        submission_id=submission_id,
        raised_at=raised_at,
        **ours,
    )
