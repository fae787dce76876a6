"""One row of a device's sensor: scored with the models of the registry's choice, kept, and remembered.

The order is score, keep the score, save the state. A call that dies before the state is saved scores the row again from
the same state and writes the same score; one that dies after it finds the score. Where another execution has moved the
state meanwhile, the row is scored again from there. A row that the state has gone past is late: it is judged by the
sensor's kept rows before it, at its own time, and the state stays as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from meterflow.adapters import meter_memory, score_samples, scores, served_models
from meterflow.alert import alert_id_for, row_id
from meterflow.clock import from_text
from meterflow.contracts.anomaly_scoring import RaiseAlarmInput, SensorPlace, SensorRow
from meterflow.errors import TransientError
from meterflow.risk import alert_required
from meterflow.scoring.verdict import SENSOR_FAULT, Verdict
from meterflow.sensor_result import SensorResult
from meterflow.sensor_scoring import SensorKind, features, models_of, replayed, row_of, scorer_of

ROUNDS = 8
# By how many kept rows a late one is judged, and how many an alarm's trend and chart show.
LATE_ROWS = 60
SHOWN_ROWS = 60


@dataclass(frozen=True)
class DeviceRow:
    """What a sensor sent: `timestamp` RFC 3339 UTC (`reading.normal_time`), `measurements` by name, where it stands."""

    sensor_id: str
    kind: SensorKind
    timestamp: str
    zone: str
    measurements: Mapping[str, float]
    place: SensorPlace


@dataclass(frozen=True)
class DeviceScore:
    """The kept score, what could not be done, and what anomaly_scoring is to be started with (None: nobody is told)."""

    result: SensorResult
    degraded: tuple[str, ...]
    alarm: RaiseAlarmInput | None


def score(row: DeviceRow, now: datetime) -> DeviceScore:
    """Score a row once, however often it comes. Raises ValueError for measurements that cannot be, TransientError on an
    outage or where the sensor's state never stands still."""
    read = row_of(row.kind, from_text(row.timestamp), row.zone, row.measurements)
    served = served_models.served(row.kind, row.sensor_id)
    models, degraded = models_of(row.kind, served.models)
    degraded += ("model_not_served",) if served.degraded else ()
    for _ in range(ROUNDS):
        state = meter_memory.load_state(row.sensor_id, row.kind)
        if state is not None and state.newest_at >= row.timestamp:
            kept = scores.get(row.sensor_id, row.timestamp)
            if kept is None or kept.submission_id != row_id(row.sensor_id, row.timestamp):
                verdict = replayed(row.kind, [*_earlier(row), read], models)
                kept = _result(row, verdict, served.version)
                scores.put(kept, now)
            return DeviceScore(kept, degraded, _alarm(row, kept, degraded))
        scorer, lost = scorer_of(row.kind, state.content if state else None, models)
        verdict = scorer.observe(read)
        result = _result(row, verdict, served.version)
        sample = score_samples.sample_of(
            row.kind, served.version, row.sensor_id, row.timestamp, verdict.probabilities,
            features(row.kind, state.content if state else None, read, models), alarming=bool(result.told),
        )  # fmt: skip
        scores.put(result, now, sample)
        if meter_memory.save_state(row.sensor_id, row.kind, state, scorer.to_item(), row.timestamp, now):
            degraded += lost
            return DeviceScore(result, degraded, _alarm(row, result, degraded))
    raise TransientError("the sensor's state is busy")


def _result(row: DeviceRow, verdict: Verdict, version: str) -> SensorResult:
    """The row's score. A person is told where the scorer says so and the level is one that people are alarmed for; of a
    broken sensor whatever the level, for it sees nothing more."""
    return SensorResult(
        sensor_id=row.sensor_id,
        timestamp=row.timestamp,
        submission_id=row_id(row.sensor_id, row.timestamp),
        location=row.place.location,
        facility_zone=row.zone,
        leak_probability=round(verdict.probabilities.get("leak", 0.0), 4),
        burst_probability=round(verdict.probabilities.get("burst", 0.0), 4),
        risk_level=verdict.risk_level,
        score=round(verdict.score, 4),
        reason=verdict.reason,
        model_version=version,
        measurements=dict(row.measurements),
        probabilities={name: round(value, 4) for name, value in verdict.probabilities.items()},
        found=verdict.kind,
        told=verdict.alert and (alert_required(verdict.risk_level) or verdict.kind == SENSOR_FAULT),
    )


def _earlier(row: DeviceRow) -> list[object]:
    """The kept rows before a late one, oldest first, as its scorer reads them."""
    kept = reversed(scores.before(row.sensor_id, row.timestamp, LATE_ROWS))
    return [row_of(row.kind, from_text(one.timestamp), one.facility_zone, one.measurements) for one in kept]


def _alarm(row: DeviceRow, result: SensorResult, degraded: tuple[str, ...]) -> RaiseAlarmInput | None:
    if not result.told:
        return None
    earlier = scores.before(row.sensor_id, row.timestamp, SHOWN_ROWS - 1)
    return RaiseAlarmInput(
        alert_id=alert_id_for(result.submission_id, row.timestamp),
        submission_id=result.submission_id,
        meter_id=row.sensor_id,
        taken_at=row.timestamp,
        kind=row.kind,
        zone=row.zone,
        risk_level=result.risk_level,
        leak_probability=result.leak_probability,
        burst_probability=result.burst_probability,
        reason=result.reason,
        score=result.score,
        model_version=result.model_version,
        found=result.found,
        probabilities=result.probabilities,
        sensor=row.place,
        degraded=degraded,
        rows=tuple(
            SensorRow(taken_at=at, measurements=dict(measured))
            for at, measured in (
                (row.timestamp, row.measurements),
                *((one.timestamp, one.measurements) for one in earlier),
            )
        ),
    )
