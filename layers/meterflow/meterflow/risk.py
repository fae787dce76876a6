"""How urgent a leak or burst is, by the zone it threatens: the leak document's algorithm (section 2.4.2), exactly."""

from typing import Literal

RiskLevel = Literal["LOW", "MEDIUM", "HIGH", "CRITICAL"]

# From the least urgent to the most.
LEVELS: tuple[RiskLevel, ...] = ("LOW", "MEDIUM", "HIGH", "CRITICAL")
# The levels for which an alarm is raised and a technician asked for (the leak document, section 2.4.1).
ALERT_LEVELS: frozenset[RiskLevel] = frozenset({"HIGH", "CRITICAL"})


def calculate_risk_level(leak_prob: float, burst_prob: float, facility_zone: str) -> RiskLevel:
    """The level for two probabilities (0 to 1) in `facility_zone`: `CRITICAL`, or any other name for a standard zone.

    Every threshold is exclusive: a probability that equals one stays below it. The probabilities are arguments of
    their own, as in the document's definition; its callers pass a dictionary in their place, one of them before that
    dictionary exists, and both would fail.
    """
    if facility_zone == "CRITICAL":
        # Stricter thresholds for critical areas.
        if burst_prob > 0.3 or leak_prob > 0.7:
            return "CRITICAL"
        if burst_prob > 0.1 or leak_prob > 0.4:
            return "HIGH"
        if leak_prob > 0.2:
            return "MEDIUM"
        return "LOW"
    # Standard thresholds for non-critical areas.
    if burst_prob > 0.5 or leak_prob > 0.8:
        return "CRITICAL"
    if burst_prob > 0.2 or leak_prob > 0.6:
        return "HIGH"
    if leak_prob > 0.3:
        return "MEDIUM"
    return "LOW"


def alert_required(level: RiskLevel) -> bool:
    """Whether `level` is one that people are alarmed for."""
    return level in ALERT_LEVELS
