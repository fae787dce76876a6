"""What an alarm is about, who hears of it and how soon somebody has to act (the leak document, section 2.6).

The document names LEAK_DETECTED and a CRITICAL level's five minutes. The other types and limits are ours: for fire and
energy sensors, for faults of a sensor itself, and for meters that somebody has been at.
"""

from typing import Literal

from meterflow.meter import MeterKind
from meterflow.risk import RiskLevel, alert_required, calculate_risk_level

AlertType = Literal[
    "LEAK_DETECTED",
    "BURST_DETECTED",
    "EXCESSIVE_USE",
    "UNUSUAL_USE",
    "FIRE_DETECTED",
    "ENERGY_FAULT",
    "SENSOR_FAULT",
    "METER_STUCK",
    "TAMPERING",
]
Topic = Literal["critical", "maintenance", "system"]
# What stands behind an alarm: a meter of some kind, or a sensor.
Subject = Literal["water", "gas", "electricity", "heat", "leak", "energy", "fire"]

# Which of the document's topics a level goes to. No level goes to `system`: what is wrong with the system itself does.
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
FIRE_CONTACTS = ("fire-warden", "emergency-services")
# Who is asked as well from each escalation level on; level 1 is the topic's own contacts.
FURTHER_CONTACTS: dict[int, tuple[str, ...]] = {2: ("facility-manager",), 3: ("on-call-engineer", "operations-manager")}
HIGHEST_LEVEL = 3

# Words in a scorer's name of what it found (`continuous_flow`, `voltage_sag`, …), the more particular first.
_BY_WORD: tuple[tuple[str, AlertType], ...] = (
    ("sensor_fault", "SENSOR_FAULT"),
    ("drift", "SENSOR_FAULT"),
    ("dropout", "SENSOR_FAULT"),
    ("stuck", "METER_STUCK"),
    ("tamper", "TAMPERING"),
    ("backward", "TAMPERING"),
    # Read wrongly, exchanged or turned back: which of these it was is for a person to see.
    ("roll_back", "UNUSUAL_USE"),
    ("vacant", "UNUSUAL_USE"),
    ("fire", "FIRE_DETECTED"),
    ("smoke", "FIRE_DETECTED"),
    ("smoulder", "FIRE_DETECTED"),
    ("burst", "BURST_DETECTED"),
    ("leak", "LEAK_DETECTED"),
    ("continuous", "LEAK_DETECTED"),
    ("pausing", "LEAK_DETECTED"),
    ("night", "LEAK_DETECTED"),
)
_BY_SUBJECT: dict[Subject, AlertType] = {
    "leak": "LEAK_DETECTED",
    "fire": "FIRE_DETECTED",
    "energy": "ENERGY_FAULT",
    "water": "UNUSUAL_USE",
    "gas": "UNUSUAL_USE",
    "electricity": "UNUSUAL_USE",
    "heat": "UNUSUAL_USE",
}
_WITHOUT_PIPES: dict[Subject, AlertType] = {"electricity": "EXCESSIVE_USE", "energy": "ENERGY_FAULT"}


def alert_type_for(kind: MeterKind, zone: str, leak_probability: float, burst_probability: float) -> AlertType:
    """What a meter's rate is alarmed for: a burst where the burst alone gives the level that both give, else a leak.

    Electricity does not leak; its excess is an excess.
    """
    if kind is MeterKind.ELECTRICITY:
        return "EXCESSIVE_USE"
    level = calculate_risk_level(leak_probability, burst_probability, zone)
    return "BURST_DETECTED" if calculate_risk_level(0.0, burst_probability, zone) == level else "LEAK_DETECTED"


def alert_type_of(found: str, subject: Subject) -> AlertType:
    """What an alarm is about when a scorer says that it `found` something (snake_case) at a `subject`."""
    about = next((about for word, about in _BY_WORD if word in found), _BY_SUBJECT[subject])
    # Electricity does not leak; its excess is an excess.
    return _WITHOUT_PIPES.get(subject, about) if about in ("LEAK_DETECTED", "BURST_DETECTED") else about


def topic_of(severity: RiskLevel, alert_type: AlertType) -> Topic:
    """The topic that hears of it. A broken sensor is the system's health, unless it is as urgent as can be."""
    if alert_type == "SENSOR_FAULT" and severity != "CRITICAL":
        return "system"
    return TOPICS[severity]


def contacts(topic: Topic, alert_type: AlertType, level: int) -> tuple[str, ...]:
    """The roles to ask at the escalation `level`, each once: the topic's own, and from level 2 on further ones."""
    asked = (*FIRE_CONTACTS, *CONTACTS[topic]) if alert_type == "FIRE_DETECTED" else CONTACTS[topic]
    for higher in range(2, level + 1):
        asked += FURTHER_CONTACTS.get(higher, ())
    return tuple(dict.fromkeys(asked))


def escalation_level(unanswered: int) -> int:
    """1 for the first alarm, one more for each earlier one of the same place that nobody has answered; at most 3."""
    return min(HIGHEST_LEVEL, 1 + unanswered)


def needs_ladder(alert_type: AlertType, severity: RiskLevel) -> bool:
    """Whether somebody is found by the dispatch ladder: for what is urgent, but not for a CRITICAL fire, whose first
    minutes are not spent asking around."""
    return alert_required(severity) and not (alert_type == "FIRE_DETECTED" and severity == "CRITICAL")
