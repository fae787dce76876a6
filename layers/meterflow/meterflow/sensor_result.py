"""A scored moment of a sensor or meter, as the SensorResults table keeps it (the leak document, section 2.5.1)."""

from pydantic import BaseModel, ConfigDict, Field

from meterflow.risk import RiskLevel


class SensorResult(BaseModel):
    """One score. Probabilities and `score` lie in 0..1; `timestamp` is RFC 3339 UTC; `location` is coordinates.

    `submission_id` is the reading that was scored, or the id of a sensor's row (`alert.row_id`). Of such a row
    `measurements` are what was measured by name, `found` what the scorer found, `told` whether a person is told of it,
    and `probabilities` what the models said by what it is of. Whether an alarm was sent is kept beside it and not part
    of it, because scoring again must not take that back.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    sensor_id: str
    timestamp: str
    submission_id: str
    location: str
    facility_zone: str
    leak_probability: float
    burst_probability: float
    risk_level: RiskLevel
    score: float
    reason: str
    model_version: str
    measurements: dict[str, float] = Field(default_factory=dict)
    probabilities: dict[str, float] = Field(default_factory=dict)
    found: str | None = None
    told: bool | None = None
