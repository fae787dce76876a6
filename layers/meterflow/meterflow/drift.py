"""Drift: does what arrives still look like what a model knows, and do its probabilities still mean what they say?

*Population stability* compares the shares of a feature or a score in bins that were cut at the reference's deciles:

    PSI = sum over bins of (now - before) * ln(now / before)

(Siddiqi, Credit Risk Scorecards, 2006: under 0.1 stable, from 0.25 on another population). Where nothing has changed
PSI is not 0 but about chi-squared with bins - 1 degrees of freedom times (1/n + 1/m) (Yurdakul and Naranjo, 2020), so
with few rows chance alone looks like drift: a finding must also exceed the 99.9 % point of that chance.

*Calibration* compares probabilities with what people found out later, by the expected calibration error.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from meterflow.model_scores import calibration_error

BINS = 10
STABLE = 0.10
DRIFTED = 0.25
# The z of 99.9 %: about twenty columns are looked at every day, so 99 % would cry every week.
CHANCE_Z = 3.09
LEAST_ROWS = 200
LEAST_LABELLED = 100
MOST_CALIBRATION_ERROR = 0.15
# Keeps an empty bin from making the logarithm infinite: half a row's worth.
HALF_A_ROW = 0.5


class Column(BaseModel):
    """A column of the reference: `edges` between its bins (a value at an edge falls above), and each bin's share."""

    model_config = ConfigDict(frozen=True)

    edges: tuple[float, ...]
    shares: tuple[float, ...]
    rows: int


class Reference(BaseModel):
    """What a model's world looked like. `basis` says where the rows are from: `training` or `live`."""

    model_config = ConfigDict(frozen=True)

    basis: str
    since: str
    until: str
    columns: Mapping[str, Column]


class ColumnDrift(BaseModel):
    """One column now: its PSI, what chance alone may give, and whether it drifted."""

    model_config = ConfigDict(frozen=True)

    psi: float
    chance: float
    rows: int
    drifted: bool


class Drift(BaseModel):
    """What was measured. `drifted` where any column or the calibration is; each reason is a sentence."""

    model_config = ConfigDict(frozen=True)

    drifted: bool
    reasons: tuple[str, ...] = ()
    columns: Mapping[str, ColumnDrift] = {}
    calibration_error: float | None = None
    labelled: int = 0


def column(values: Iterable[float]) -> Column | None:
    """The reference of `values`, cut at their deciles; None for fewer than LEAST_ROWS."""
    ordered = sorted(value for value in values if math.isfinite(value))
    if len(ordered) < LEAST_ROWS:
        return None
    deciles = {ordered[len(ordered) * part // BINS] for part in range(1, BINS)}
    # A value that most rows share (a flow of nothing) cuts several deciles at once: they are one edge.
    edges = tuple(sorted(edge for edge in deciles if edge > ordered[0])) or (math.nextafter(ordered[0], math.inf),)
    return Column(edges=edges, shares=_shares(edges, ordered), rows=len(ordered))


def reference(columns: Mapping[str, Sequence[float]], basis: str, since: str, until: str) -> Reference:
    """The reference of some columns; those with too few rows are left out."""
    known = {name: found for name, values in sorted(columns.items()) if (found := column(values))}
    return Reference(basis=basis, since=since, until=until, columns=known)


def population_stability(before: Column, values: Sequence[float]) -> float:
    """PSI of `values` against `before`. Raises ValueError without values."""
    if not values:
        raise ValueError("no values to compare")
    now = _shares(before.edges, values)
    least_before, least_now = HALF_A_ROW / before.rows, HALF_A_ROW / len(values)
    total = 0.0
    for old, new in zip(before.shares, now, strict=True):
        old, new = max(old, least_before), max(new, least_now)
        total += (new - old) * math.log(new / old)
    return total


def chance(before: Column, rows: int) -> float:
    """The PSI that chance alone stays under 999 times in 1,000, by Wilson and Hilferty's chi-squared."""
    degrees = len(before.shares) - 1
    part = 2 / (9 * degrees)
    quantile = degrees * (1 - part + CHANCE_Z * math.sqrt(part)) ** 3
    return quantile * (1 / before.rows + 1 / rows)


def measure(
    known: Reference, columns: Mapping[str, Sequence[float]], labelled: Sequence[tuple[float, bool]] = ()
) -> Drift:
    """Compare `columns` with the reference, and the `labelled` (probability, truth) with themselves.

    A column with fewer than LEAST_ROWS finite values, or fewer labels than LEAST_LABELLED, says nothing.
    """
    found: dict[str, ColumnDrift] = {}
    reasons = []
    for name, before in sorted(known.columns.items()):
        values = [value for value in columns.get(name, ()) if math.isfinite(value)]
        if len(values) < LEAST_ROWS:
            continue
        psi, luck = population_stability(before, values), chance(before, len(values))
        drifted = psi >= DRIFTED and psi > luck
        found[name] = ColumnDrift(psi=round(psi, 4), chance=round(luck, 4), rows=len(values), drifted=drifted)
        if drifted:
            reasons.append(f"{name} has a population stability index of {psi:.2f}, {DRIFTED} is drift")
    error = calibration_error(labelled) if len(labelled) >= LEAST_LABELLED else None
    if error is not None and error > MOST_CALIBRATION_ERROR:
        reasons.append(f"probabilities are off by {error:.2f} on {len(labelled)} rows that people judged")
    return Drift(
        drifted=bool(reasons),
        reasons=tuple(reasons),
        columns=found,
        calibration_error=None if error is None else round(error, 4),
        labelled=len(labelled),
    )


def _shares(edges: Sequence[float], values: Sequence[float]) -> tuple[float, ...]:
    counts = [0] * (len(edges) + 1)
    for value in values:
        counts[bisect_right(edges, value)] += 1
    return tuple(count / len(values) for count in counts)
