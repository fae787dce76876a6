"""What a scorer says about one row. Every scorer gives this, whatever it looked at."""

from collections.abc import Mapping
from dataclasses import dataclass

from meterflow.risk import RiskLevel

NORMAL = "normal"
TOO_LITTLE_DATA = "too_little_data"
SENSOR_FAULT = "sensor_fault"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One row's score.

    `score` 0 to 1: how unusual the row is, comparable between rows of one kind. `probabilities` 0 to 1 by cause
    (`leak`, `burst`, `fire`, …), empty where no model spoke. `alert`: a person would be told now; it is true on the row
    that starts an episode, not on each row of it. `kind` names the cause in snake_case: `normal`, `too_little_data`
    (no verdict: score 0, never an alert), `sensor_fault`, or what was found. `reason` is one sentence that names the
    readings that caused it.
    """

    score: float
    probabilities: Mapping[str, float]
    risk_level: RiskLevel
    alert: bool
    kind: str
    reason: str


def too_little(reason: str) -> Verdict:
    """No verdict yet: `reason` says what is missing."""
    return Verdict(0.0, {}, "LOW", alert=False, kind=TOO_LITTLE_DATA, reason=reason)
