"""Steps of anomaly_scoring: the meter's own rate against its history, the risk, the alarm, the request for dispatch.

The machine's state carries readings, ids and numbers; never an address, an owner or a contact.
"""

from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from meterflow.alert_evidence import Evidence
from meterflow.alert_types import Subject
from meterflow.contracts import Contract
from meterflow.meter import MeterKind
from meterflow.rate_anomaly import MODEL_VERSION
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
    """What scoring needs to know of the meter, and its valid readings before this one, newest first.

    `tolerance` is by how much its own spread is widened, because somebody said that its use is normal for them.
    Where it is read every day or oftener (`frequent`), `state` is what its online scorer remembers up to `state_at`.
    `register_since` is when its present register came, where it was exchanged.
    """

    kind: MeterKind
    zone: str
    unit: str
    capacity: Decimal
    multiplier: Decimal
    max_daily: Decimal
    readings: tuple[PastReading, ...]
    tolerance: Decimal = Decimal(1)
    frequent: bool = False
    state: dict[str, Any] | None = None
    state_at: str | None = None
    register_since: str | None = None


class ScoreReadingInput(ScoringInput):
    """The reading and the history to judge it by."""

    history: LoadHistoryResult


class Advance(Contract):
    """The readings that the meter's online scorer has not seen yet, oldest first; the last is the one just scored.

    `since` is when the present register came: a state of before is of another one.
    """

    rows: tuple[PastReading, ...]
    unit: str
    since: str | None = None


class ScoreReadingResult(Contract):
    """The verdict. With NO_VERDICT every number is absent and `reason` is a code that says why.

    `score` 0 to 1 says how unusual the rate is in either direction, the probabilities how much it looks like a loss.
    `alert_id` is the name that the alarm will have, where the level asks for one; only then there is `evidence`.
    `recent_readings` newest first. `model_version` names what scored, `degraded` what of it could not.
    """

    outcome: Literal["SCORED", "NO_VERDICT"]
    reason: str
    risk_level: RiskLevel | None = None
    score: float | None = None
    leak_probability: float | None = None
    burst_probability: float | None = None
    alert_id: str | None = None
    recent_readings: tuple[PastReading, ...] = ()
    model_version: str = MODEL_VERSION
    degraded: tuple[str, ...] = ()
    evidence: Evidence | None = None
    advance: Advance | None = None


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
    model_version: str = MODEL_VERSION
    advance: Advance | None = None


class StoreScoreResult(Contract):
    """STORED, also when repeated; TAKEN where another submission of the same meter and moment was scored first."""

    outcome: Literal["STORED", "TAKEN"]


class SensorRow(Contract):
    """A row of a sensor beside its alarm: measurements by name, times RFC 3339 UTC."""

    taken_at: str
    measurements: dict[str, float]


class SensorPlace(Contract):
    """Where a sensor that is no meter stands: a name or coordinates, and WGS 84 degrees where they are known."""

    location: str
    lat: float | None = None
    lon: float | None = None


class RaiseAlarmInput(Contract):
    """A HIGH or CRITICAL verdict to alarm people about.

    Of a sensor that is no meter: `meter_id` is the sensor's id, `submission_id` its row's (`alert.row_id`), `sensor`
    says where it stands and `rows` what it measured, newest first, and `degraded` what the scorer had to do without.
    `evidence` is made from these where it is absent.
    """

    alert_id: str
    submission_id: str
    meter_id: str
    taken_at: str
    kind: Subject
    zone: str
    risk_level: RiskLevel
    leak_probability: float = 0.0
    burst_probability: float = 0.0
    reason: str
    recent_readings: tuple[PastReading, ...] = ()
    score: float | None = None
    model_version: str | None = None
    evidence: Evidence | None = None
    found: str | None = None
    probabilities: dict[str, float] = Field(default_factory=dict)
    sensor: SensorPlace | None = None
    rows: tuple[SensorRow, ...] = ()
    degraded: tuple[str, ...] = ()


class AlarmInput(Contract):
    """The workflow's other input: what the stream's consumer has scored and kept, and somebody has to be told of."""

    alarm: RaiseAlarmInput


class RaiseAlarmResult(Contract):
    """RAISED, or ALREADY_RAISED where an earlier call published and settled this very alarm.

    `ladder` says whether the dispatch ladder is to find somebody: not for fire, which is told at once and not asked
    around with, and not for a place that dispatch knows nothing of.
    """

    outcome: Literal["RAISED", "ALREADY_RAISED"]
    alert_id: str
    ladder: bool = True


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


class DrawChartInput(Contract):
    """The alarm whose chart is to be drawn."""

    alert_id: str


class DrawChartResult(Contract):
    """DRAWN, also when repeated; NOTHING_TO_DRAW where the alarm was not kept or has too little for a chart."""

    outcome: Literal["DRAWN", "NOTHING_TO_DRAW"]
    chart_key: str | None = None
