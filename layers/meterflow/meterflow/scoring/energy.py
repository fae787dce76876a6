"""Energy: one device's consumption, voltage, current, power factor and temperature, scored row by row.

Rules of physics and standards find what they can name (sag, swell, over-current, tampering, …); a model adds how
unusual a row is. A broken measurement is a `sensor_fault` and takes no part in the rest. The device's history stands
still where something is suspected, so that a thief's meter does not become usual; after two days it is the new usual.
"""

from collections.abc import Mapping
from typing import Any, Self

from meterflow.risk import RiskLevel, alert_required
from meterflow.scoring.energy_faults import EnergyFaults
from meterflow.scoring.energy_features import EnergyTracker
from meterflow.scoring.energy_row import MEASUREMENTS, SIGNED, EnergyRow
from meterflow.scoring.energy_rules import HISTORY_ROWS, STANDBY_SHARE, Finding, findings
from meterflow.scoring.model import Model, ModelRefused, shipped
from meterflow.scoring.sensor_episode import LEVELS, Episodes
from meterflow.scoring.verdict import NORMAL, SENSOR_FAULT, Verdict, too_little

MODEL = "energy-anomaly"
ANOMALY = "anomaly"

_LEARNING_ROWS = 5
# After this calm a new alarm of a kind is a new episode.
_CALM_S = 3600.0
# What has been suspected for so long is learned: a new meter, a new tariff, an empty home.
_ACCEPTED_S = 2 * 86400.0
_FAULT_SCORE = 0.55
# A row without a finding scores at most this, by the model's probability.
_QUIET_SCORE = 0.5


class EnergyScorer:
    """One energy device. Rows come in time order; the state is a few kilobytes of JSON.

    `model`: None for rules only. Without the argument the shipped model is used, and where that cannot be loaded the
    rules speak alone and every reason says so.
    """

    def __init__(self, model: Model | str | None = MODEL) -> None:
        self._model, self._note = _load(model)
        self._tracker = EnergyTracker()
        self._faults = EnergyFaults()
        self._episodes = Episodes()
        self._since: dict[str, tuple[int, float]] = {}  # kind: rows in turn, and since when (epoch s)

    def observe(self, row: EnergyRow) -> Verdict:
        """Score one row and take it in."""
        at = row.timestamp.timestamp()
        faults = self._faults.observe(row)
        sound = _without(row, faults)
        if not faults and all(getattr(row, name) is None for name in MEASUREMENTS):
            return too_little("the row has none of the five measurements")
        learning = self._tracker.rows < _LEARNING_ROWS
        derived = self._tracker.derive(sound)
        if sound.energy_consumption is not None:
            self._tracker.follow_standby(sound.energy_consumption, at, STANDBY_SHARE)
        found = sorted(findings(sound, at, self._tracker, derived), key=_urgency, reverse=True)
        self._count(found, at)
        self._tracker.learn(sound, at, self._held(found, at))
        probability = self._probability(sound, derived)
        self._episodes.forget(at, _CALM_S)
        return self._verdict(sound, at, found, faults, probability, learning)

    def features(self, row: EnergyRow) -> dict[str, float] | None:
        """What the model would look at in `row`; None without a measurement. Changes nothing."""
        if all(getattr(row, name) is None for name in MEASUREMENTS):
            return None
        return {**self._tracker.derive(row), **_presence(row)}

    def _count(self, found: list[Finding], at: float) -> None:
        """Count rows in turn by kind; a kind that is not found now starts anew."""
        self._since = {
            finding.kind: (self._since.get(finding.kind, (0, at))[0] + 1, self._since.get(finding.kind, (0, at))[1])
            for finding in found
        }

    def _held(self, found: list[Finding], at: float) -> frozenset[str]:
        """The measurements that must not be learned from this row."""
        recent = [finding for finding in found if at - self._since[finding.kind][1] < _ACCEPTED_S]
        return frozenset(name for finding in recent for name in finding.suspects)

    def _confirmed(self, finding: Finding, at: float) -> bool:
        rows, since = self._since[finding.kind]
        return rows >= finding.rows and at - since >= finding.seconds

    def _probability(self, row: EnergyRow, derived: Mapping[str, float]) -> float | None:
        """The model's, of anything wrong; None without one, or while there is too little history."""
        if self._model is None or self._tracker.rows <= HISTORY_ROWS:
            return None
        return self._model.probability(self._model.vector({**derived, **_presence(row)}))

    def _verdict(
        self,
        row: EnergyRow,
        at: float,
        found: list[Finding],
        faults: Mapping[str, str],
        probability: float | None,
        learning: bool,
    ) -> Verdict:
        probabilities = {} if probability is None else {ANOMALY: probability}
        confirmed = [finding for finding in found if self._confirmed(finding, at)]
        alarming = [finding for finding in confirmed if alert_required(finding.level)]
        told = [finding for finding in alarming if self._episodes.tell(finding.kind, finding.level, at, _CALM_S)]
        if alarming:
            finding = (told or alarming)[0]
            why = f"{_title(finding.kind)}: {finding.words}{self._note}."
            return Verdict(finding.strength, probabilities, finding.level, bool(told), finding.kind, why)
        if faults:
            new = self._episodes.tell(SENSOR_FAULT, "MEDIUM", at, _CALM_S)
            why = f"Sensor fault: {'; '.join(faults.values())}."
            return Verdict(_FAULT_SCORE, probabilities, "MEDIUM", new, SENSOR_FAULT, why)
        if found:
            finding = (confirmed or found)[0]
            level: RiskLevel = "MEDIUM" if alert_required(finding.level) else finding.level
            why = f"{_title(finding.kind)}, not yet confirmed: {finding.words}{self._note}."
            return Verdict(min(finding.strength, 0.6), probabilities, level, alert=False, kind=finding.kind, reason=why)
        if learning:
            return too_little("the device's usual values are being learned: this is one of its first rows")
        score = _QUIET_SCORE * (0.0 if probability is None else probability)
        why = f"Usual: {_readings(row)}{self._note}."
        return Verdict(score, probabilities, "LOW", alert=False, kind=NORMAL, reason=why)

    def to_item(self) -> dict[str, Any]:
        """The state as JSON; the model is not part of it."""
        return {
            "tracker": self._tracker.to_item(),
            "faults": self._faults.to_item(),
            "episodes": self._episodes.to_item(),
            "since": {kind: list(count) for kind, count in self._since.items()},
        }

    @classmethod
    def from_item(cls, item: Mapping[str, Any], model: Model | str | None = MODEL) -> Self:
        """The inverse of `to_item`."""
        scorer = cls(model)
        scorer._tracker = EnergyTracker.from_item(item["tracker"])
        scorer._faults = EnergyFaults.from_item(item["faults"])
        scorer._episodes = Episodes.from_item(item["episodes"])
        scorer._since = {str(kind): (int(rows), float(since)) for kind, (rows, since) in item["since"].items()}
        return scorer


def _urgency(finding: Finding) -> tuple[int, float]:
    return LEVELS.index(finding.level), finding.strength


def _without(row: EnergyRow, faults: Mapping[str, str]) -> EnergyRow:
    """`row` without its faulty measurements."""
    if "all" in faults:
        return EnergyRow(row.timestamp)
    kept = {name: None if name in faults else getattr(row, name) for name in MEASUREMENTS}
    return EnergyRow(row.timestamp, **kept)


def _presence(row: EnergyRow) -> dict[str, float]:
    """Which measurements the row has, for the model."""
    return {f"has_{name}": float(getattr(row, name) is not None) for name in MEASUREMENTS}


def _title(kind: str) -> str:
    return kind.replace("_", " ").capitalize()


_WORDS = {
    "energy_consumption": "consumption {:.3g}",
    "voltage": "{:.1f} V",
    "current": "{:.1f} A",
    "power_factor": "power factor {:.2f}",
    "temperature": "{:.0f} C",
}


def _readings(row: EnergyRow) -> str:
    known = [(name, getattr(row, name)) for name in MEASUREMENTS]
    return ", ".join(_WORDS[name].format(value) for name, value in known if value is not None)


def _load(model: Model | str | None) -> tuple[Model | None, str]:
    """The model to use and what each reason adds about it."""
    if not isinstance(model, str):
        return model, "" if model is not None else " (rules only)"
    try:
        return shipped(model), ""
    except ModelRefused:
        return None, " (rules only: the model cannot be loaded)"


__all__ = ["MEASUREMENTS", "SIGNED", "EnergyRow", "EnergyScorer"]
