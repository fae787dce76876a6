"""Leaks and bursts at one sensor of pressure, flow or both, scored row by row.

Two ensembles (random forest, gradient boosting, support vector machine, neural network; soft voting) say how likely a
leak and a burst are from features relative to the sensor's own normal; rules of hydraulics say the same without any
training, and their log odds are joined. Where a model cannot be loaded the rules speak alone, and every reason says so.
A broken sensor is told apart from an event. The level is the leak document's table, by zone.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from meterflow.risk import RiskLevel, alert_required, calculate_risk_level
from meterflow.scoring.leak_faults import LeakFaults, drift, sound
from meterflow.scoring.leak_features import LeakFeatures, LeakRow
from meterflow.scoring.leak_rules import burst_size, leak_and_burst, plain
from meterflow.scoring.leak_words import Recent, change, readings, standing
from meterflow.scoring.members import sigmoid
from meterflow.scoring.model import Model, ModelRefused, shipped
from meterflow.scoring.sensor_episode import Episodes
from meterflow.scoring.verdict import NORMAL, SENSOR_FAULT, Verdict, too_little

LEAK, BURST = "leak", "burst"
LEAK_MODEL, BURST_MODEL = "leak-leak", "leak-burst"

# How the models' and the rules' log odds are weighed.
_MODEL_SHARE = 0.35
# A sensor whose rows always look like a leak is a bad fit, not a leak: what it usually has above this is taken off.
_USUAL_ODDS = -2.0
_HABIT_HOURS = 7 * 24.0
# Before, the sensor's own normal is unknown.
_FIRST_ROWS, _FIRST_DAYS = 24, 1.0
# An alarming level must last: a leak an hour and two rows, a burst two rows, or one where both instruments show it.
_LEAK_HOURS = 1.0
_CALM_S = 86400.0
_FAULT_SCORE = 0.5


@dataclass(frozen=True, slots=True)
class Look:
    """What a row shows before any model has spoken. `features` is None where there is too little to judge by."""

    row: LeakRow
    faults: Mapping[str, str]
    features: Mapping[str, float | None] | None
    hours: float


class LeakScorer:
    """One leak sensor. Rows come in time order; the state is below 10 kB of JSON.

    `leak`, `burst`: models, names of shipped ones, or None for rules only. `confidence` is 0 to 1 for the last row: how
    far the voters agree, less while the sensor is new or measures only one of pressure and flow.
    """

    def __init__(self, leak: Model | str | None = LEAK_MODEL, burst: Model | str | None = BURST_MODEL) -> None:
        self._leak, self._burst, self._note = _load(leak, burst)
        self._features = LeakFeatures()
        self._faults = LeakFaults()
        self._recent = Recent()
        self._episodes = Episodes()
        self._habit = [-4.0, -4.0]
        self._lasting: dict[str, tuple[int, float]] = {}  # what alarms: rows in turn, hours
        self.confidence = 0.0

    def observe(self, row: LeakRow) -> Verdict:
        """Score one row and take it in."""
        look = self.look(row)
        if look.features is None:
            return self._untold(look)
        features = look.features
        votes = [
            None if model is None else (model, model.votes(model.vector(features)))
            for model in (self._leak, self._burst)
        ]
        means = [None if one is None else one[0].mean_of(one[1]) for one in votes]
        self.confidence = self._confidence(look, None if votes[0] is None else votes[0][1])
        return self.judge(look, means[0], means[1])

    def look(self, row: LeakRow) -> Look:
        """The first half of `observe`: takes the row in, without asking a model (`judge` is the second half)."""
        last = self._features.last
        hours = 0.0 if last is None else max(0.0, (row.timestamp - last).total_seconds() / 3600.0)
        faults = self._faults.observe(row, hours, self._features)
        good = sound(row, {*faults, *self._faults.standing()})
        features = self._features.observe(good)
        self._recent.add(good)
        measured = good.pressure_bar is not None or good.flow_rate_lps is not None
        return Look(good, faults, features if measured and self._ripe() else None, min(hours, 24.0))

    def judge(self, look: Look, leak: float | None, burst: float | None) -> Verdict:
        """The verdict on a row with features, from what the models say of it (None: rules only)."""
        if look.features is None:
            return self._untold(look)
        by_rule = leak_and_burst(look.features)
        said = [
            self._weighed(at, model, rule, look.hours)
            for at, (model, rule) in enumerate(zip((leak, burst), by_rule, strict=True))
        ]
        burst = said[1] * burst_size(look.features)
        leak = max(said[0], burst)
        row, at = look.row, look.row.timestamp.timestamp()
        creeping = drift(row, self._features)
        if creeping and burst < 0.2:
            return self._fault({**look.faults, "drift": creeping}, at, leak)
        level = calculate_risk_level(leak, burst, row.facility_zone)
        probabilities = {LEAK: leak, BURST: burst}
        kind = BURST if burst > 0.5 or (burst > 0.1 and burst > 0.5 * leak) else LEAK
        if alert_required(level):
            lasts = self._held(kind, look.hours) or (kind == BURST and plain(look.features))
            told = lasts and self._episodes.tell(LEAK, level, at, _CALM_S)
            return Verdict(leak, probabilities, level, told, kind, self._why(kind, row))
        self._lasting.clear()
        if look.faults:
            return self._fault(look.faults, at, leak)
        if level == "MEDIUM":
            return Verdict(leak, probabilities, level, alert=False, kind=kind, reason=self._why(kind, row))
        why = f"Usual: {readings(row)}{self._note}."
        return Verdict(leak, probabilities, "LOW", alert=False, kind=NORMAL, reason=why)

    def _weighed(self, at: int, model: float | None, rule: float, hours: float) -> float:
        """The joined probability, less what this sensor always shows."""
        odds = _logit(rule)
        if model is not None:
            odds = _MODEL_SHARE * _logit(model) + (1.0 - _MODEL_SHARE) * odds
        usual = self._habit[at]
        self._habit[at] += (odds - usual) * (1.0 - math.exp(-hours / _HABIT_HOURS))
        return sigmoid(odds - max(0.0, usual - _USUAL_ODDS))

    def _held(self, kind: str, hours: float) -> bool:
        """Whether the alarm has lasted. A burst counts for a leak as well."""
        rows, lasted = self._lasting.get(LEAK, (0, -hours))
        self._lasting[LEAK] = (rows + 1, lasted + hours)
        if kind == BURST:
            rows, lasted = self._lasting.get(BURST, (0, -hours))
            self._lasting[BURST] = (rows + 1, lasted + hours)
        else:
            self._lasting.pop(BURST, None)
        rows, lasted = self._lasting[LEAK]
        return self._lasting.get(BURST, (0, 0.0))[0] >= 2 or (rows >= 2 and lasted >= _LEAK_HOURS)

    def _why(self, kind: str, row: LeakRow) -> str:
        moved = change(row, self._recent) if kind == BURST else None
        return f"{kind.capitalize()}: {moved or standing(row, self._features)}{self._note}."

    def _fault(self, faults: Mapping[str, str], at: float, leak: float) -> Verdict:
        self._lasting.clear()
        told = self._episodes.tell(SENSOR_FAULT, "MEDIUM", at, _CALM_S)
        level: RiskLevel = "MEDIUM"
        why = f"Sensor fault: {'; '.join(faults.values())}{self._note}."
        return Verdict(max(_FAULT_SCORE, min(leak, 0.6)), {}, level, told, SENSOR_FAULT, why)

    def _untold(self, look: Look) -> Verdict:
        self.confidence = 0.0
        if look.faults:
            return self._fault(look.faults, look.row.timestamp.timestamp(), 0.0)
        if look.row.pressure_bar is None and look.row.flow_rate_lps is None:
            return too_little("the row has neither pressure nor flow")
        rows = max(self._features.flow.rows, self._features.pressure.rows)
        return too_little(f"the sensor's usual day is being learned: {rows} rows so far")

    def _ripe(self) -> bool:
        normals = (self._features.flow, self._features.pressure)
        return any(normal.rows >= _FIRST_ROWS and normal.days >= _FIRST_DAYS for normal in normals)

    def _confidence(self, look: Look, votes: list[float] | None) -> float:
        """Agreement of the leak's voters, the sensor's age in days, and whether both pressure and flow are there."""
        spread = max(votes) - min(votes) if votes else 0.5
        days = max(self._features.flow.days, self._features.pressure.days)
        both = look.row.pressure_bar is not None and look.row.flow_rate_lps is not None
        return (1.0 - spread) * days / (days + 2.0) * (1.0 if both else 0.8)

    def to_item(self) -> dict[str, Any]:
        """The state as JSON; the models are not part of it."""
        return {
            "features": self._features.to_item(),
            "faults": self._faults.to_item(),
            "recent": self._recent.to_item(),
            "episodes": self._episodes.to_item(),
            "habit": self._habit,
            "lasting": {kind: list(held) for kind, held in self._lasting.items()},
        }

    @classmethod
    def from_item(
        cls, item: Mapping[str, Any], leak: Model | str | None = LEAK_MODEL, burst: Model | str | None = BURST_MODEL
    ) -> Self:
        """The inverse of `to_item`."""
        scorer = cls(leak, burst)
        scorer._features = LeakFeatures.from_item(item["features"])
        scorer._faults = LeakFaults.from_item(item["faults"])
        scorer._recent = Recent.from_item(item["recent"])
        scorer._episodes = Episodes.from_item(item["episodes"])
        scorer._habit = list(item["habit"])
        scorer._lasting = {str(kind): (int(rows), float(hours)) for kind, (rows, hours) in item["lasting"].items()}
        return scorer


def _load(leak: Model | str | None, burst: Model | str | None) -> tuple[Model | None, Model | None, str]:
    """The models to use (both or none) and what each reason adds about it."""
    try:
        loaded = [shipped(model) if isinstance(model, str) else model for model in (leak, burst)]
    except ModelRefused:
        return None, None, " (rules only: the model cannot be loaded)"
    return loaded[0], loaded[1], "" if None not in loaded else " (rules only)"


def _logit(probability: float) -> float:
    """Log odds, kept within about 7 on either side."""
    bounded = min(max(probability, 0.001), 0.999)
    return math.log(bounded / (1.0 - bounded))


__all__ = ["LeakRow", "LeakScorer"]
