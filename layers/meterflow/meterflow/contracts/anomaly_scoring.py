"""Steps of anomaly_scoring: the meter's own rate against its history, the risk, the alarm, the request for dispatch.

The machine's state carries readings, ids and numbers; never an address, an owner or a contact.
"""

from decimal import Decimal
from typing import Literal

from meterflow.contracts import Contract
from meterflow.meter import MeterKind
from meterflow.risk import RiskLevel


class ScoringInput(Contract):
    """The workflow's input: a reading that was just recorded. `value` is what the register shows, a decimal string."""

    submission_id: str
    meter_id: str
    value: str
    taken_at: str


class PastReading(Contract):
    """A reading that counts: `value` a decimal string, `taken_at` RFC 3339 UTC."""

    value: str
    taken_at: str


class LoadHistoryInput(ScoringInput):
    """The reading to score."""


class LoadHistoryResult(Contract):
    """What scoring needs to know of the meter, and its valid readings before this one, newest first."""

    kind: MeterKind
    zone: str
    unit: str
    capacity: Decimal
    multiplier: Decimal
    max_daily: Decimal
    readings: tuple[PastReading, ...]


class ScoreReadingInput(ScoringInput):
    """The reading and the history to judge it by."""

    history: LoadHistoryResult


class ScoreReadingResult(Contract):
    """The verdict. With NO_VERDICT every number is absent and `reason` is a code that says why.

    `score` 0 to 1 says how unusual the rate is in either direction, the probabilities how much it looks like a loss.
    `alert_id` is the name that the alarm will have, where the level asks for one. `recent_readings` newest first.
    """

    outcome: Literal["SCORED", "NO_VERDICT"]
    reason: str
    risk_level: RiskLevel | None = None
    score: float | None = None
    leak_probability: float | None = None
    burst_probability: float | None = None
    alert_id: str | None = None
    recent_readings: tuple[PastReading, ...] = ()


class StoreScoreInput(Contract):
    """A verdict to keep for 30 days."""

    submission_id: str
    meter_id: str
    taken_at: str
    zone: str
    risk_level: RiskLevel
    score: float
    leak_probability: float
    burst_probability: float
    reason: str


class StoreScoreResult(Contract):
    """STORED, also when repeated; TAKEN where another submission of the same meter and moment was scored first."""

    outcome: Literal["STORED", "TAKEN"]


class RaiseAlarmInput(Contract):
    """A HIGH or CRITICAL verdict to alarm people about."""

    alert_id: str
    submission_id: str
    meter_id: str
    taken_at: str
    kind: MeterKind
    zone: str
    risk_level: RiskLevel
    leak_probability: float
    burst_probability: float
    reason: str
    recent_readings: tuple[PastReading, ...] = ()


class RaiseAlarmResult(Contract):
    """RAISED, or ALREADY_RAISED where an earlier call published and settled this very alarm."""

    outcome: Literal["RAISED", "ALREADY_RAISED"]
    alert_id: str


class RequestDispatchInput(Contract):
    """A verdict that somebody should be sent for. `alert_id` names the alarm, whether or not it got through."""

    alert_id: str
    submission_id: str
    meter_id: str
    risk_level: RiskLevel
    reason: str


class RequestDispatchResult(Contract):
    """The request is on the bus. `job_key`, and the `job_id` that dispatch derives from it, stay the same however often
    it is asked."""

    outcome: Literal["REQUESTED"] = "REQUESTED"
    job_key: str
    job_id: str
