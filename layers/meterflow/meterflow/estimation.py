"""Estimates for meters that nobody read, each with an interval, and what the true reading says of them later.

Three rules, in the words of the Australian metrology procedure (AEMO, Metrology Procedure part B, substitution and
estimation types) and of Oracle Utilities Meter Data Management's estimation rules:

- `interpolation`: a straight line between the true readings on both sides ("linear interpolation", type 14);
- `similar_days`: the same days a year ago (364 days back, so that weekdays meet), scaled by how the last weeks compare
  with theirs ("previous year", type 62): season and weekday both come from the meter itself;
- `own_profile`: the meter's own median rate of this season times the days ("average daily load", type 65).

Where the last two can both be used, the one that would have erred less in the meter's own past is used. Its errors
there also give the interval: the conformal quantile of its absolute errors at the same distance (Vovk et al., split
conformal prediction), so that COVERAGE holds without a belief about their distribution; a meter with too little past to
try it on gets a wide normal one. A turn of the register is never estimated: no value is better than a wrong one.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from itertools import pairwise

from meterflow import clock
from meterflow.meter import Meter
from meterflow.reading import Estimate, format_value
from meterflow.vee.model import Known
from meterflow.vee.rates import days_between, usual_at

COVERAGE = Decimal("0.90")
# 95 % quantile of the normal distribution: what leaves 90 % inside.
NORMAL = Decimal("1.645")
# Fewer trials than this say nothing of a rule's errors.
FEWEST_TRIALS = 6
MOST_TRIALS = 40
YEAR = timedelta(days=364)
RECENT = timedelta(days=63)
# A level that more than doubled since last year is another household, and last year says nothing of it.
MOST_CHANGE = Decimal(2)

Point = tuple[datetime, Decimal]
Rule = Callable[[Meter, Sequence[Point], datetime], Decimal | None]


@dataclass(frozen=True)
class Estimated:
    """An estimate of what the register shows: `text` as it is stored, and how it came about."""

    text: str
    estimate: Estimate


@dataclass(frozen=True)
class Score:
    """What the true readings say of an estimate: `error` in register units (estimate minus truth), `share` of the use
    that was estimated, `inside` its interval or not."""

    error: Decimal
    share: Decimal
    inside: bool


def estimate(meter: Meter, history: Sequence[Known], at: datetime, following: Known | None = None) -> Estimated | None:
    """What the meter should show at `at`, or None where nothing sound can be said.

    `history` are accepted readings before `at`, newest first; estimates among them are passed over, so that no estimate
    stands on another. `following` is a true reading after `at`, if there is one.
    """
    true = [one for one in history if not one.estimated and one.moment < at]
    points = line(meter, true)
    if not points:
        return None
    if following and following.moment > at:
        return _between(meter, true, points, at, following)
    best = _best(meter, points, at)
    if best is None:
        return None
    rule, use, spread = best
    return _written(meter, points[-1][1], use, spread, rule, (true[0].submission_id,))


def score(made: Estimate, value: Decimal, at: datetime, before: Known, after: Known) -> Score | None:
    """The estimate `value` at `at` against the line between the true readings around it, or None where they do not
    span it (an exchange or a turn of the register lies between)."""
    if not before.moment <= at <= after.moment or after.value < before.value:
        return None
    whole = days_between(before.moment, after.moment)
    if whole == 0:
        return None
    true = before.value + (after.value - before.value) * days_between(before.moment, at) / whole
    error = value - true
    used = true - before.value
    share = (error / used).quantize(Decimal("0.0001")) if used > 0 else Decimal(0)
    return Score(error.quantize(Decimal("0.001")), share, Decimal(made.low) <= true <= Decimal(made.high))


def line(meter: Meter, true: Sequence[Known]) -> list[Point]:
    """The readings of the register that stands there now, oldest first; a turn of it is straightened out.

    Whatever stood before an exchange or an unexplained step back says nothing of it.
    """
    cuts = [clock.from_text(one.exchanged_at) for one in meter.exchanges]
    points: list[Point] = []
    turned = Decimal(0)
    for one in sorted(true, key=lambda each: each.taken_at):
        value = one.value + turned
        if any(points and points[-1][0] < cut <= one.moment for cut in cuts):
            points, turned, value = [], Decimal(0), one.value
        if points and value < points[-1][1]:
            near_end = points[-1][1] - turned >= meter.capacity * Decimal("0.9")
            if near_end and one.value <= meter.capacity * Decimal("0.1"):
                turned += meter.capacity
                value += meter.capacity
            else:
                points, turned, value = [], Decimal(0), one.value
        points.append((one.moment, value))
    # Today's register reads without the turns that lie behind it.
    return [(moment, value - turned) for moment, value in points]


def own_profile(meter: Meter, points: Sequence[Point], at: datetime) -> Decimal | None:
    """Register use since the last point: the median daily rate of this season times the days."""
    past = [Known(f"{value:f}", clock.to_text(moment)) for moment, value in points if value >= 0]
    middle = points[-1][0] + (at - points[-1][0]) / 2
    own = usual_at(meter, past, middle)
    if not own.own:
        return None
    return own.median * days_between(points[-1][0], at) / meter.multiplier


def similar_days(_meter: Meter, points: Sequence[Point], at: datetime) -> Decimal | None:
    """Register use since the last point: that of the same days a year ago, at today's level."""
    last = points[-1][0]
    then = _use(points, last - YEAR, at - YEAR)
    recent, before = _use(points, last - RECENT, last), _use(points, last - RECENT - YEAR, last - YEAR)
    if then is None or recent is None or not before:
        return None
    level = recent / before
    return then * level if 1 / MOST_CHANGE <= level <= MOST_CHANGE else None


RULES: dict[str, Rule] = {"similar_days": similar_days, "own_profile": own_profile}


def _best(meter: Meter, points: Sequence[Point], at: datetime) -> tuple[str, Decimal, Decimal] | None:
    """The rule that errs least in the meter's past: its name, the use it gives, and the half width of the interval."""
    ahead = days_between(points[-1][0], at)
    found: list[tuple[Decimal, str, Decimal, Decimal]] = []
    for name, rule in RULES.items():
        use = rule(meter, points, at)
        if use is None:
            continue
        errors = sorted(_trials(meter, points, ahead, rule))
        if len(errors) < FEWEST_TRIALS:
            # Nothing tried: wide, and behind every rule that was.
            own = usual_at(meter, [Known(f"{v:f}", clock.to_text(m)) for m, v in points if v >= 0], points[-1][0])
            width = NORMAL * max(own.spread, own.median / 2) * ahead / meter.multiplier
            found.append((Decimal("Infinity"), name, use, width))
            continue
        # The smallest k with k / (n + 1) >= COVERAGE; an error beyond all trials is given half as much again.
        rank = math.ceil((len(errors) + 1) * COVERAGE)
        width = errors[rank - 1] if rank <= len(errors) else errors[-1] * Decimal("1.5")
        found.append((sum(errors, Decimal(0)) / len(errors), name, use, width * ahead))
    if not found:
        return None
    _, name, use, width = min(found)
    return name, use, width


def _trials(meter: Meter, points: Sequence[Point], ahead: Decimal, rule: Rule) -> list[Decimal]:
    """The errors a day that `rule` would have made from each past reading over about the same distance."""
    errors = []
    origins = range(max(4, len(points) - MOST_TRIALS), len(points) - 1)
    for origin in origins:
        start = points[origin][0]
        target = start + timedelta(seconds=int(ahead * 86_400))
        end = next((point for point in points[origin + 1 :] if point[0] >= target - timedelta(days=4)), None)
        if end is None or abs(end[0] - target) > max(timedelta(days=4), timedelta(days=float(ahead) / 2)):
            continue
        use = rule(meter, points[: origin + 1], end[0])
        if use is not None:
            days = days_between(start, end[0])
            errors.append(abs(use - (end[1] - points[origin][1])) / days)
    return errors


def _between(
    meter: Meter, true: Sequence[Known], points: Sequence[Point], at: datetime, following: Known
) -> Estimated | None:
    before, start = points[-1]
    if following.value < start:
        return None
    whole, part = days_between(before, following.moment), days_between(before, at)
    use = (following.value - start) * part / whole
    own = usual_at(meter, list(true), before)
    # A bridge between two known ends wavers most in its middle: variance of a day times part * rest / whole.
    a_day = own.spread * own.typical_days.sqrt()
    spread = NORMAL * a_day * (part * (whole - part) / whole).sqrt() / meter.multiplier
    made = _written(meter, start, use, spread, "interpolation", (true[0].submission_id, following.submission_id))
    if made is None:
        return None
    high = min(Decimal(made.estimate.high), following.value)
    return Estimated(made.text, made.estimate.model_copy(update={"high": f"{high:f}"}))


def _use(points: Sequence[Point], start: datetime, end: datetime) -> Decimal | None:
    """What was counted between two moments, on the line through the readings; None where it does not reach."""
    first, last = _at(points, start), _at(points, end)
    return None if first is None or last is None else last - first


def _at(points: Sequence[Point], moment: datetime) -> Decimal | None:
    for (before, low), (after, high) in pairwise(points):
        if before <= moment <= after:
            whole = days_between(before, after)
            return low if whole == 0 else low + (high - low) * days_between(before, moment) / whole
    return None


def _written(
    meter: Meter, start: Decimal, use: Decimal, spread: Decimal, rule: str, basis: tuple[str, ...]
) -> Estimated | None:
    """The estimate on the register's own wheels, and its interval never below the last true reading."""
    step = Decimal(1).scaleb(-meter.decimals)
    value = (start + max(use, Decimal(0))).quantize(step, rounding=ROUND_DOWN)
    low = max(start, start + use - spread).quantize(step, rounding=ROUND_DOWN)
    high = (start + use + spread).quantize(step, rounding=ROUND_DOWN) + step
    if value >= meter.capacity or high >= meter.capacity:
        return None
    return Estimated(
        format_value(value, meter.digits, meter.decimals),
        Estimate(
            rule=rule,
            low=format_value(low, meter.digits, meter.decimals),
            high=format_value(high, meter.digits, meter.decimals),
            coverage=str(COVERAGE),
            basis=tuple(one for one in basis if one),
        ),
    )
