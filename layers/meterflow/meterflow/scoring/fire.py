"""Fire: one thermal camera with a gas sensor, scored row by row.

The model's probability and the rules' evidence are joined; a fire is told apart from what is merely hot (a heater, the
sun, a pan, a weld) and from a broken sensor. Heat and gas together are told at once, in one row; one of them alone must
last. The reason is one sentence that names the readings.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from meterflow.risk import RiskLevel, alert_required, calculate_risk_level
from meterflow.scoring.fire_faults import FireFaults, without
from meterflow.scoring.fire_features import FEATURES, SIGNED, FireRow, FireTracker, measurements
from meterflow.scoring.fire_rules import Evidence, weigh
from meterflow.scoring.members import sigmoid
from meterflow.scoring.model import Model, ModelRefused, shipped
from meterflow.scoring.sensor_episode import Episodes
from meterflow.scoring.verdict import NORMAL, SENSOR_FAULT, Verdict, too_little

FIRE = "fire"
HEAT_RISE = "heat_rise"
GAS_RISE = "gas_rise"
MODEL = "fire-fire"

# How the model's and the rules' log odds are weighed.
_MODEL_SHARE = 0.75
# One sense alone is told after so many new rows in turn; in a critical zone sooner.
_LASTING_ROWS = 3
_LASTING_ROWS_CRITICAL = 2
# Both senses agree: from here one row is enough.
_AGREED = 0.5
_AGREED_CRITICAL = 0.3
# Above this a fire is suspected and the quiet levels are held.
SUSPECTED = 0.25
# After this calm a new alarm is a new episode: ten minutes for fire, a day for a broken sensor.
_CALM_S = 600.0
_FAULT_CALM_S = 86400.0
_FAULT_SCORE = 0.5


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one row says: the probability of a fire, the part of it that heat and gas agree on, and the level."""

    probability: float
    agreed: float
    level: RiskLevel


def judge(evidence: Evidence, model: float | None, facility_zone: str) -> Judgement:
    """The level by the leak document's table: a fire is its leak, and heat and gas in agreement are its burst.

    `model`: the model's probability, None where there is none and the rules speak alone.
    """
    probability = evidence.probability
    if model is not None:
        probability = sigmoid(_MODEL_SHARE * _logit(model) + (1.0 - _MODEL_SHARE) * _logit(evidence.probability))
    agreed = min(evidence.agreed, probability)
    return Judgement(probability, agreed, calculate_risk_level(probability, agreed, facility_zone))


class FireScorer:
    """One fire sensor. Rows come in time order; the state is a few kilobytes of JSON.

    `model`: None for rules only. Without the argument the shipped model is used, and where that cannot be loaded the
    rules speak alone and every reason says so.
    """

    def __init__(self, model: Model | str | None = MODEL) -> None:
        self._model, self._note = _load(model)
        self._tracker = FireTracker()
        self._faults = FireFaults()
        self._episodes = Episodes()
        self._lasting = 0

    def observe(self, row: FireRow) -> Verdict:
        """Score one row and take it in."""
        at = row.timestamp.timestamp()
        measured = measurements(row)
        usual_gas = self._tracker.quiet["gas_val"].level if "gas_val" in self._tracker.quiet else None
        faults = self._faults.observe(row, usual_gas)
        sound = without(row, faults)
        if not faults and all(value is None for value in measured.values()):
            return too_little("the row has none of the 18 measurements")
        warm = self._tracker.warm()
        derived = self._tracker.derive(sound, at)
        evidence = weigh(sound, derived, gas_known=usual_gas is not None)
        judgement = judge(evidence, self._probability(sound, derived), sound.facility_zone)
        self._tracker.learn(sound, at, derived, held=judgement.probability > SUSPECTED)
        verdict = self._verdict(sound, at, derived, evidence, judgement, faults, warm)
        self._episodes.forget(at, _FAULT_CALM_S)
        return verdict

    def features(self, row: FireRow) -> dict[str, float | None] | None:
        """What the model would look at in `row`; None without a measurement. Changes nothing."""
        measured = measurements(row)
        if all(value is None for value in measured.values()):
            return None
        return {**measured, **self._tracker.derive(row, row.timestamp.timestamp())}

    def _probability(self, row: FireRow, derived: Mapping[str, float]) -> float | None:
        """The model's, of a fire."""
        if self._model is None or not (derived["has_thermal"] or derived["has_gas"]):
            return None
        return self._model.probability(self._model.vector({**measurements(row), **derived}))

    def _verdict(
        self,
        row: FireRow,
        at: float,
        derived: Mapping[str, float],
        evidence: Evidence,
        judgement: Judgement,
        faults: Mapping[str, str],
        warm: bool,
    ) -> Verdict:
        critical_zone = row.facility_zone == "CRITICAL"
        at_once = judgement.agreed > (_AGREED_CRITICAL if critical_zone else _AGREED)
        alarming = alert_required(judgement.level)
        if not alarming:
            self._lasting = 0
        elif self._faults.fresh("thermal" if evidence.thermal >= evidence.gas else "gas"):
            self._lasting += 1
        lasting = self._lasting >= (_LASTING_ROWS_CRITICAL if critical_zone else _LASTING_ROWS)
        probabilities = {} if self._model is None else {FIRE: judgement.probability}
        if alarming and (at_once or (lasting and warm)):
            told = self._episodes.tell(FIRE, judgement.level, at, _CALM_S)
            why = f"Fire: {self._readings(row, derived)}{self._note}."
            return Verdict(judgement.probability, probabilities, judgement.level, told, FIRE, why)
        if faults:
            told = self._episodes.tell(SENSOR_FAULT, "MEDIUM", at, _FAULT_CALM_S)
            why = f"Sensor fault: {'; '.join(faults.values())}."
            score = max(_FAULT_SCORE, judgement.probability)
            return Verdict(score, probabilities, "MEDIUM", told, SENSOR_FAULT, why)
        if not warm:
            return too_little("the sensor's usual values are being learned: this is one of its first rows")
        level: RiskLevel = "MEDIUM" if alarming else judgement.level
        if level == "LOW":
            why = f"Usual: {self._readings(row, derived)}{self._note}."
            return Verdict(judgement.probability, probabilities, level, alert=False, kind=NORMAL, reason=why)
        kind = HEAT_RISE if evidence.thermal >= evidence.gas else GAS_RISE
        why = f"Not confirmed as a fire: {self._readings(row, derived)}{self._note}."
        return Verdict(judgement.probability, probabilities, level, alert=False, kind=kind, reason=why)

    def _readings(self, row: FireRow, derived: Mapping[str, float]) -> str:
        """The readings that count, in words."""
        parts = []
        if "heat" in derived:
            ramp = derived.get("heat_slope", 0.0)
            parts.append(
                f"hottest {derived['heat']:.1f} C, usual {derived['heat'] - derived['heat_rise']:.1f} C"
                + (f", rising {ramp:.0f} C a minute" if ramp >= 1.0 else "")
            )
        if row.t_hot_area_pct is not None:
            parts.append(f"hot area {row.t_hot_area_pct:.1f} %")
        if row.gas_val is not None and "gas_rise" in derived:
            speed = derived.get("gas_slope", 0.0)
            parts.append(
                f"gas {row.gas_val:.0f} ppm, usual {row.gas_val - derived['gas_rise']:.0f} ppm"
                + (f", rising {speed:.0f} ppm a minute" if speed >= 5.0 else "")
            )
        return "; ".join(parts) if parts else "nothing measured that tells of heat or gas"

    def to_item(self) -> dict[str, Any]:
        """The state as JSON; the model is not part of it."""
        return {
            "tracker": self._tracker.to_item(),
            "faults": self._faults.to_item(),
            "episodes": self._episodes.to_item(),
            "lasting": self._lasting,
        }

    @classmethod
    def from_item(cls, item: Mapping[str, Any], model: Model | str | None = MODEL) -> Self:
        """The inverse of `to_item`."""
        scorer = cls(model)
        scorer._tracker = FireTracker.from_item(item["tracker"])
        scorer._faults = FireFaults.from_item(item["faults"])
        scorer._episodes = Episodes.from_item(item["episodes"])
        scorer._lasting = int(item["lasting"])
        return scorer


def _load(model: Model | str | None) -> tuple[Model | None, str]:
    """The model to use and what each reason adds about it."""
    if not isinstance(model, str):
        return model, "" if model is not None else " (rules only)"
    try:
        return shipped(model), ""
    except ModelRefused:
        return None, " (rules only: the model cannot be loaded)"


def _logit(probability: float) -> float:
    """Log odds, kept within about 7 on either side."""
    bounded = min(max(probability, 0.001), 0.999)
    return math.log(bounded / (1.0 - bounded))


__all__ = ["FEATURES", "SIGNED", "FireRow", "FireScorer"]
