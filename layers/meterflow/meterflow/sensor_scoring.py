"""One row of a device's sensor and the scorer of its kind: leak, energy or fire.

Which models a scorer gets is the registry's choice (`served_models`); a shipped model stands in for one that is absent,
and where that cannot be loaded either the rules speak alone and the answer says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from math import isfinite
from typing import Any, Literal, Protocol, Self

from meterflow.scoring.model import Model, ModelRefused, shipped
from meterflow.scoring.verdict import Verdict

SensorKind = Literal["leak", "energy", "fire"]
# The models of each kind by the name of the scorer's argument.
MODELS: dict[SensorKind, dict[str, str]] = {
    "leak": {"leak": "leak-leak", "burst": "leak-burst"},
    "energy": {"model": "energy-anomaly"},
    "fire": {"model": "fire-fire"},
}
RULES_ONLY = "rules_only"
STATE_LOST = "state_lost"
# Frost is cold; nothing else that leak and energy sensors measure is below zero.
SIGNED = frozenset({"temperature_c", "temperature"})


class Scorer(Protocol):
    """What every scorer of a kind can do."""

    def observe(self, row: Any) -> Verdict: ...
    def to_item(self) -> dict[str, Any]: ...
    @classmethod
    def from_item(cls, item: Mapping[str, Any], **models: Model | None) -> Self: ...


def row_of(kind: SensorKind, at: datetime, zone: str, measurements: Mapping[str, float]) -> Any:
    """The row that the kind's scorer reads. Raises ValueError naming a measurement that cannot be one.

    Measurements that the kind does not know are left out: devices send more than is scored.
    """
    row_type, signed = _rows(kind)
    names = {one.name for one in fields(row_type)} - {"timestamp", "facility_zone"}
    known = {name: float(value) for name, value in measurements.items() if name in names}
    for name, value in known.items():
        if not isfinite(value) or (value < 0 and name not in signed):
            raise ValueError(f"{name} cannot be {value}")
    placed = {"facility_zone": zone} if any(one.name == "facility_zone" for one in fields(row_type)) else {}
    return row_type(timestamp=at, **known, **placed)


def models_of(kind: SensorKind, served: Mapping[str, Model]) -> tuple[dict[str, Model | None], tuple[str, ...]]:
    """The scorer's models by argument, and RULES_ONLY where one is missing: `served`, else what shipped."""
    found: dict[str, Model | None] = {}
    for argument, name in MODELS[kind].items():
        try:
            found[argument] = served.get(name) or shipped(name)
        except ModelRefused:
            found[argument] = None
    return found, () if all(found.values()) else (RULES_ONLY,)


def scorer_of(
    kind: SensorKind, state: Mapping[str, Any] | None, models: Mapping[str, Model | None]
) -> tuple[Scorer, tuple[str, ...]]:
    """The scorer as `state` left it, a new one without; STATE_LOST where the state could not be read."""
    scorer_type = _scorers(kind)
    if state is not None:
        try:
            return scorer_type.from_item(state, **models), ()
        except (ValueError, KeyError, TypeError, IndexError):
            return scorer_type(**models), (STATE_LOST,)
    return scorer_type(**models), ()


def replayed(kind: SensorKind, rows: Sequence[Any], models: Mapping[str, Model | None]) -> Verdict:
    """The verdict on the last of `rows` (oldest first) by those before it alone: how a late row is judged."""
    scorer = _scorers(kind)(**models)
    *earlier, newest = rows
    for row in earlier:
        scorer.observe(row)
    verdict: Verdict = scorer.observe(newest)
    return verdict


def features(
    kind: SensorKind, state: Mapping[str, Any] | None, row: Any, models: Mapping[str, Model | None]
) -> dict[str, float | None]:
    """What the models saw in `row`, from the state before it; empty where it had nothing to be seen."""
    scorer: Any = scorer_of(kind, state, models)[0]
    seen = scorer.look(row).features if kind == "leak" else scorer.features(row)
    return dict(seen or {})


def _scorers(kind: SensorKind) -> Any:
    """The scorer's class, loaded when it is needed: a function scores one kind much more often than three."""
    if kind == "leak":
        from meterflow.scoring.leak import LeakScorer

        return LeakScorer
    if kind == "energy":
        from meterflow.scoring.energy import EnergyScorer

        return EnergyScorer
    from meterflow.scoring.fire import FireScorer

    return FireScorer


def _rows(kind: SensorKind) -> tuple[Any, frozenset[str]]:
    """The row's class, and which of its measurements may be below zero."""
    if kind == "leak":
        from meterflow.scoring.leak_features import LeakRow

        return LeakRow, SIGNED
    if kind == "energy":
        from meterflow.scoring.energy_row import EnergyRow

        return EnergyRow, SIGNED
    from meterflow.scoring.fire_features import SIGNED as SIGNED_BY_FIRE
    from meterflow.scoring.fire_features import FireRow

    return FireRow, SIGNED_BY_FIRE
