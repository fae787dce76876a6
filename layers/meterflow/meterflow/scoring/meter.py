"""The odd meter: register or interval rows of one meter, hourly, daily, weekly or as they come.

What is looked at, each by a part of its own: whether the register falls (`meter_use`), whether the meter stands still
or repeats itself, or moves in vacant premises (`meter_still`), leaks and bursts (`flow`), the rate against the meter's
own hour, weekday and level (`series`) and, for rows of a day and longer, against its last weeks and the same weeks a
year ago (`meter_rate`). A fleet factor (`cohort`) divides the rate first, so that heat or a holiday is no alarm of
every meter. The part that is surest speaks; a person is told once an episode.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from meterflow.risk import RiskLevel, calculate_risk_level
from meterflow.scoring.flow import FlowScorer
from meterflow.scoring.flow_finding import FlowFinding
from meterflow.scoring.meter_rate import Rates, RateView
from meterflow.scoring.meter_still import Still, Stillness
from meterflow.scoring.meter_use import Use, Uses
from meterflow.scoring.series import SeriesScorer, oddness_level
from meterflow.scoring.verdict import NORMAL, TOO_LITTLE_DATA, Verdict, too_little

SPIKE, DROP, ROLL_BACK = "spike", "drop", "roll_back"
# A second alarm of one meter needs another cause, or this long since the last one.
CALM = timedelta(days=7)
# A person is told from this score on, by every part.
ALERT_SCORE = 0.5
# A row is odd for this meter once in 10^4.5 rows or rarer: three and a half years of hours.
ALERT_DECADES = 4.5
# From this fleet factor on, more flow than usual is what all meters have.
FLEET_WITH_FLOW = 1.25
STATE_VERSION = 1
_LEVELS: tuple[RiskLevel, ...] = ("LOW", "MEDIUM", "HIGH", "CRITICAL")


@dataclass(frozen=True, slots=True)
class MeterRow:
    """`register`: what the meter shows; `consumption`: what was used in its own interval. Either may be absent."""

    timestamp: datetime
    register: float | None = None
    consumption: float | None = None


@dataclass(frozen=True, slots=True)
class _Said:
    """What one part says of a row."""

    score: float
    kind: str
    reason: str
    starts: bool
    leak: float = 0.0
    burst: float = 0.0

    @property
    def risk(self) -> RiskLevel:
        causes = calculate_risk_level(self.leak, self.burst, "STANDARD")
        return max(causes, oddness_level(self.score), key=_LEVELS.index)


class MeterScorer:
    """The scorer of one meter. `vacant`: nobody lives there, so any use is told. `unit` is for the sentences."""

    def __init__(
        self, vacant: bool = False, unit: str = "units", alert_decades: float = ALERT_DECADES,
        flow_alarm_at: float | None = None,
    ) -> None:  # fmt: skip
        self._unit = unit
        self._uses = Uses()
        self._still = Stillness(vacant)
        self._flow = FlowScorer(unit=unit) if flow_alarm_at is None else FlowScorer(alarm_at=flow_alarm_at, unit=unit)
        self._series = SeriesScorer(alert_decades)
        self._rates = Rates()
        # When a person was told last, and of what.
        self._told: dict[str, datetime] = {}

    def observe(self, row: MeterRow, fleet_factor: float = 1.0) -> Verdict:
        """The verdict on `row` by those before it. `fleet_factor`: how much more than usual its cohort uses now."""
        use = self._uses.of(row.timestamp, row.register, row.consumption)
        if use is None:
            return too_little("The row holds neither a register nor a consumption.")
        if use.step == "roll_back":
            said = self._fell(row, use)
            return self._verdict(row.timestamp, [said], {})
        if use.step == "first" and row.consumption is None:
            return too_little("This is the first reading of the meter.")
        if use.step == "repeated":
            return Verdict(
                0.0, {}, "LOW", False, NORMAL, "The same time as the row before; nothing is learned from it."
            )
        return self._used(row, use, fleet_factor)

    def _used(self, row: MeterRow, use: Use, fleet_factor: float) -> Verdict:
        """Ask every part about a use, and let the surest speak."""
        said: list[_Said] = []
        typical = use.used / fleet_factor
        # The leak logic counts pulses: small changes of the fleet are left to its own habit of the hours.
        flowing = typical if fleet_factor >= FLEET_WITH_FLOW else use.used
        flow = None
        if use.hours > 0:
            flow = self._flow.observe(row.timestamp - timedelta(hours=use.hours), row.timestamp, flowing)
            still = self._still.observe(use.used, use.hours)
            view = self._rates.observe(row.timestamp, typical, use.hours)
            said += [_of_still(still, use, row, self._unit)] if still else []
            said += [_of_rate(view, use, row, self._unit)] if view else []
        series = self._series.observe((row.timestamp, typical / use.hours if use.hours > 0 else typical))
        if series.kind != TOO_LITTLE_DATA:
            said.append(_Said(series.score, series.kind, series.reason, series.alert))
        probabilities: dict[str, float] = {}
        if flow is not None:
            probabilities = {"leak": flow.leak, "burst": flow.burst}
            said.append(_of_flow(flow))
        if not said:
            return too_little("Too few rows of this meter to know what is usual for it.")
        return self._verdict(row.timestamp, said, probabilities)

    def _verdict(self, time: datetime, said: list[_Said], probabilities: Mapping[str, float]) -> Verdict:
        """The surest part's words; the one that starts an episode goes first."""
        starting = [each for each in said if each.starts and self._is_news(time, each.kind)]
        speaker = max(starting or said, key=lambda each: (each.score >= ALERT_SCORE, each.kind not in ODD, each.score))
        if starting:
            self._told.update((each.kind, time) for each in starting)
        score = max(each.score for each in said)
        kind = speaker.kind if speaker.score >= ALERT_SCORE else NORMAL
        reason = speaker.reason if kind != NORMAL else "As usual for this meter."
        risk = max((each.risk for each in said), key=_LEVELS.index)
        return Verdict(score, dict(probabilities), risk, bool(starting), kind, reason)

    def _is_news(self, time: datetime, kind: str) -> bool:
        """Whether nobody was told of this kind lately, nor of the loss or standstill that explains it."""
        last = self._told.get(kind)
        if last is not None and time - last < CALM:
            return False
        if kind in ODD:
            return all(time - at >= CALM for at in self._told.values())
        return True

    def _fell(self, row: MeterRow, use: Use) -> _Said:
        reason = (
            f"The register fell from {use.before:.7g} to {row.register:.7g} {self._unit} "
            f"({row.timestamp:%Y-%m-%d %H:%M}): read wrongly, replaced or turned back."
        )
        return _Said(0.9, ROLL_BACK, reason, starts=True)

    def to_item(self) -> dict[str, Any]:
        """The state, JSON-able, under 30 kB."""
        return {
            "version": STATE_VERSION,
            "unit": self._unit,
            "uses": self._uses.to_item(),
            "still": self._still.to_item(),
            "flow": self._flow.to_item(),
            "series": self._series.to_item(),
            "rates": self._rates.to_item(),
            "told": {kind: at.isoformat() for kind, at in self._told.items()},
        }

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """The scorer that `to_item` wrote down; ValueError where another version wrote it."""
        if item.get("version") != STATE_VERSION:
            raise ValueError(f"state of version {item.get('version')}, not {STATE_VERSION}")
        scorer = cls(unit=str(item["unit"]))
        scorer._uses = Uses.from_item(item["uses"])
        scorer._still = Stillness.from_item(item["still"])
        scorer._flow = FlowScorer.from_item(item["flow"])
        scorer._series = SeriesScorer.from_item(item["series"])
        scorer._rates = Rates.from_item(item["rates"])
        scorer._told = {kind: datetime.fromisoformat(at) for kind, at in item["told"].items()}
        return scorer


# Kinds that say only "this is odd": not told beside an alarm that names a cause, nor one after the other.
ODD = frozenset({SPIKE, DROP, "level_shift", "unusual_pattern", "unsteady", "too_steady"})


def _of_flow(flow: FlowFinding) -> _Said:
    """A leak or burst, in the words of `flow`."""
    kind = {"leak": "pausing_flow" if flow.pausing else "continuous_flow"}.get(flow.kind, flow.kind)
    score = max(flow.leak, flow.burst)
    return _Said(score, kind, flow.sentence, flow.starts, flow.leak, flow.burst)


def _of_still(still: Still, use: Use, row: MeterRow, unit: str) -> _Said:
    """A standstill, a repetition, or use where nobody is."""
    at = f"{row.timestamp:%Y-%m-%d %H:%M}"
    if still.kind == "vacant_use":
        before = f" after {still.hours / 24:.0f} days without any" if still.hours >= 24 else ""
        return _Said(
            still.score, still.kind, f"{use.used:.4g} {unit} used{before} ({at}) in vacant premises.", still.starts
        )
    if still.equal_rows:
        reason = f"Exactly {use.used:.6g} {unit} in each of {still.equal_rows} rows up to {at}."
        return _Said(still.score, still.kind, reason, still.starts)
    where = "" if row.register is None else f" at {row.register:.7g}"
    reason = (
        f"No use{where} for {still.hours / 24:.1f} days up to {at}; "
        f"the longest rest before was {still.longest / 24:.1f} days."
    )
    return _Said(still.score, still.kind, reason, still.starts)


def _of_rate(view: RateView, use: Use, row: MeterRow, unit: str) -> _Said:
    """Much more or less than in comparable rows before."""
    reason = (
        f"{use.used:.4g} {unit} in {use.hours / 24:.1f} days up to {row.timestamp:%Y-%m-%d %H:%M} "
        f"is {view.rate:.4g} a day; usual is {view.usual:.4g} a day ({view.compared} rows)."
    )
    return _Said(view.score, SPIKE if view.z > 0 else DROP, reason, starts=view.score >= ALERT_SCORE)
