"""Alarms in the leak document's format (section 2.6.2) and who hears them (section 2.6.1)."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from meterflow import ids
from meterflow.clock import from_text, to_text
from meterflow.meter import Location, MeterKind
from meterflow.risk import RiskLevel, calculate_risk_level

AlertType = Literal["LEAK_DETECTED", "BURST_DETECTED", "EXCESSIVE_USE"]
Topic = Literal["critical", "maintenance", "system"]

# Which of the document's topics a level goes to. `system` is for the health of the system and no level goes there.
TOPICS: dict[RiskLevel, Topic] = {
    "CRITICAL": "critical",
    "HIGH": "maintenance",
    "MEDIUM": "maintenance",
    "LOW": "maintenance",
}
# Within what time somebody has to act, in words as the document writes it. It gives CRITICAL; the others are ours.
TIME_LIMITS: dict[RiskLevel, str] = {
    "CRITICAL": "5 minutes",
    "HIGH": "1 hour",
    "MEDIUM": "24 hours",
    "LOW": "7 days",
}
# Roles, never people: who is subscribed to the topic behind a role is configuration.
CONTACTS: dict[Topic, tuple[str, ...]] = {
    "critical": ("maintenance-emergency", "facility-manager", "on-call-engineer"),
    "maintenance": ("maintenance-staff", "facility-coordinator"),
    "system": ("it-administrator", "system-operator"),
}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Predictions(_Part):
    """The two probabilities, 0 to 1."""

    leak_probability: float
    burst_probability: float


class ResponseRequired(_Part):
    """What people have to do. `escalation_level` 1 is the first people asked; each escalation adds one."""

    time_limit: str
    escalation_level: int = 1
    contact_list: tuple[str, ...]


class RecentReading(_Part):
    """A reading beside the alarm: `value` a decimal string."""

    value: str
    taken_at: str


class Context(_Part):
    """What led to the alarm. `nearby_sensors` stays empty for a meter: nothing finds meters by place yet."""

    recent_readings: tuple[RecentReading, ...] = ()
    trend_analysis: str
    nearby_sensors: tuple[str, ...] = ()


class Alert(_Part):
    """An alarm as the Alerts table holds it: the document's fields, and ours after them.

    `sensor_id` is the meter's id; `location` is its coordinates, because an address is personal data and the topics'
    subscribers are roles. `published_at` is set once its message is out.
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
    status: Literal["ACTIVE", "ACKNOWLEDGED"] = "ACTIVE"
    published_at: str | None = None

    @property
    def topic(self) -> Topic:
        """The topic that its severity goes to."""
        return TOPICS[self.severity]

    def document(self) -> dict[str, object]:
        """The alert message, in the document's format and nothing else."""
        own = {"meter_id", "submission_id", "raised_at", "status", "published_at"}
        return self.model_dump(mode="json", exclude=own)


def alert_id_for(submission_id: str, taken_at: str) -> str:
    """The name of the alarm about a submission: the document's form, with a derived end instead of a counter.

    A counter would give a retried step a second alarm; this one finds the first. Raises ValueError for a bad time.
    """
    derived = ids.derived_id("alert", submission_id).replace("-", "")[:12].upper()
    return f"ALERT-{from_text(taken_at):%Y-%m-%d}-{derived}"


def alert_type_for(kind: MeterKind, zone: str, leak_probability: float, burst_probability: float) -> AlertType:
    """What is alarmed about: a burst where the burst alone gives the level that both give, else a leak.

    Electricity does not leak; its excess is an excess.
    """
    if kind is MeterKind.ELECTRICITY:
        return "EXCESSIVE_USE"
    level = calculate_risk_level(leak_probability, burst_probability, zone)
    return "BURST_DETECTED" if calculate_risk_level(0.0, burst_probability, zone) == level else "LEAK_DETECTED"


def coordinates(location: Location) -> str:
    """Where a meter stands, as `latitude,longitude` in degrees to about a metre."""
    return f"{location.lat:.5f},{location.lon:.5f}"


def new_alert(
    *,
    alert_id: str,
    submission_id: str,
    meter_id: str,
    kind: MeterKind,
    zone: str,
    location: Location,
    risk_level: RiskLevel,
    predictions: Predictions,
    reason: str,
    recent_readings: tuple[RecentReading, ...],
    now: datetime,
) -> Alert:
    """The alarm about a scored reading, raised `now`. `reason` is the sentence that explains the score."""
    topic = TOPICS[risk_level]
    raised_at = to_text(now.replace(microsecond=0))
    return Alert(
        alert_id=alert_id,
        timestamp=raised_at,
        severity=risk_level,
        sensor_id=meter_id,
        location=coordinates(location),
        facility_zone=zone,
        alert_type=alert_type_for(kind, zone, predictions.leak_probability, predictions.burst_probability),
        predictions=predictions,
        response_required=ResponseRequired(time_limit=TIME_LIMITS[risk_level], contact_list=CONTACTS[topic]),
        context=Context(recent_readings=recent_readings, trend_analysis=reason),
        meter_id=meter_id,
        submission_id=submission_id,
        raised_at=raised_at,
    )
