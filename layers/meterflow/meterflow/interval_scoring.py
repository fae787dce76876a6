"""Readings that come every day or oftener: judged by the meter's online scorer in place of its weekly rate.

The scorer's state is carried from reading to reading. What it has not seen yet is taken from the history; where it has
gone past a reading (a late one), or is of another version, a new scorer goes through the history and judges the reading
at its own time, and the carried state stays as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from meterflow.clock import from_text
from meterflow.scoring.budget import FORGIVES_MOST
from meterflow.scoring.flow import ALARM_AT
from meterflow.scoring.meter import MeterRow, MeterScorer
from meterflow.scoring.verdict import TOO_LITTLE_DATA, Verdict

MODEL_VERSION = "meter-1"
STATE_LOST = "state_lost"

# A reading: when (RFC 3339 UTC), and what the register shows.
Row = tuple[str, Decimal]


@dataclass(frozen=True)
class Judged:
    """A verdict, None where there was too little for one. `lost` says that a carried state could not be used."""

    verdict: Verdict | None
    lost: bool


def judge(
    newest: Row, history: Sequence[Row], state: Mapping[str, Any] | None, state_at: str | None, unit: str,
    tolerance: Decimal,
) -> Judged:  # fmt: skip
    """Judge `newest` by the carried `state`, whose newest row was at `state_at`, or by `history` alone."""
    lost, scorer, seen = False, _new(unit), ""
    if state is not None and state_at is not None and state_at < newest[0]:
        try:
            scorer, seen = _carried(state), state_at
        except (ValueError, KeyError, TypeError):
            lost = True
    scorer = _widened(scorer, tolerance)
    verdict = None
    for at, value in sorted(row for row in (*history, newest) if seen < row[0] <= newest[0]):
        verdict = scorer.observe(MeterRow(from_text(at), register=float(value)))
    return Judged(verdict if verdict and verdict.kind != TOO_LITTLE_DATA else None, lost)


def advanced(
    state: Mapping[str, Any] | None, state_at: str | None, rows: Sequence[Row], since: str | None, unit: str
) -> dict[str, Any]:
    """The state after it has taken in `rows`; a new one where it is of another register (before `since`) or version."""
    scorer, seen = _new(unit), ""
    if state is not None and state_at is not None and (since is None or state_at >= since):
        try:
            scorer, seen = _carried(state), state_at
        except (ValueError, KeyError, TypeError):
            seen = ""
    for at, value in sorted(row for row in rows if row[0] > seen):
        scorer.observe(MeterRow(from_text(at), register=float(value)))
    return scorer.to_item()


def _new(unit: str) -> MeterScorer:
    return MeterScorer(unit=unit)


def _carried(state: Mapping[str, Any]) -> MeterScorer:
    return MeterScorer.from_item(state)


def _widened(scorer: MeterScorer, tolerance: Decimal) -> MeterScorer:
    """The scorer with as much more evidence needed for a leak as the meter's owner was granted; the carried state is
    never changed by it, so that it wears off with the grant."""
    if tolerance <= 1:
        return scorer
    item = scorer.to_item()
    item["flow"] = {**item["flow"], "alarm_at": ALARM_AT * min(FORGIVES_MOST, float(tolerance))}
    return MeterScorer.from_item(item)
