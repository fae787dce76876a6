"""Competing explanations of a doubtful reading, side by side: what is likelier, a leak, a misread, a turn, a new meter?

Each explanation has a likelihood: its prior (data, `vee.rule_sets.Priors`) times the probability density of what was
submitted if it were true, under the meter's own history. The posterior shares are their proportions (Bayes' rule).

- `as_read`: ordinary use. Use since the last reading follows Student's t with 3 degrees of freedom around the meter's
  median rate, scaled by its robust spread: heavy tails, because use has them.
- `true_high`: a leak or another real excess; log-uniform from the usual use to what the connection can pass.
- `rollover`: the register turned over; the same two for the use across its end.
- `exchange`: another meter stands there; it starts near zero (exponential), as often as meters are replaced.
- `misread`: the register showed something else (`vee.misreading`), and that is ordinary.
- `previous_wrong`: the accepted reading before was a misread, and this one is ordinary against what stood before that.

Evidence multiplies: a photo that shows the value leaves of `misread` only the share of photos that lie; a second
reading that agrees would have to be wrong in the same way. Densities are floats; no value of a meter is.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from meterflow.vee.misreading import OTHER_METER, instead_of
from meterflow.vee.model import Case, Hypothesis, Known
from meterflow.vee.rates import Usual, days_between, usual_at
from meterflow.vee.registers import may_have_rolled_over, possible

# Of systematic misreadings (a misplaced point, the neighbour's meter) so many are made again at the next reading.
REPEATED = 0.3
# Where nothing explains a value, every explanation is all but impossible; this keeps the shares defined.
LEAST = 1e-300
MOST_SHOWN = 6


@dataclass(frozen=True)
class Recovery:
    """The accepted readings that would have to be false highs, and the reading before them that this one continues."""

    false_highs: tuple[Known, ...]
    base: Known


def find_recovery(case: Case) -> Recovery | None:
    """Which accepted readings stand above this one, where exactly one of them was really read.

    Two independent readings that agree are no false high, and neither is one that was ordinary when it came. Estimates
    that were computed from the false one go with it. None where nothing stands above, where no reading before is left
    to continue, or where more was used since than can be.
    """
    above: list[Known] = []
    for one in case.history:
        if one.value <= case.value:
            read = [high for high in above if not high.estimated]
            fits = case.value - one.value <= possible(case, one) / case.meter.multiplier
            if len(read) != 1 or not fits or one.estimated or not _was_high(case, one, read[0]):
                return None
            return Recovery(tuple(above), one)
        above.append(one)
    return None


def _was_high(case: Case, base: Known, suspect: Known) -> bool:
    """Whether the suspect stood above the meter's own usual use when it was accepted."""
    history = [one for one in case.history if one != suspect]
    own = usual_at(case.meter, history, suspect.moment)
    days = max(days_between(base.moment, suspect.moment), Decimal("0.04"))
    return (suspect.value - base.value) * case.meter.multiplier > own.median * case.limits.high_factor * days


def agreeing(case: Case) -> tuple[Known, ...]:
    """The witnesses that this reading continues at no more than the usual rate: each says the same of the register."""
    own = usual_at(case.meter, case.history, case.taken_at)
    found = []
    for one in case.witnesses:
        days = max(days_between(one.moment, case.taken_at), Decimal(1))
        most = (own.median + case.limits.high_z * own.spread_over(days)) * days / case.meter.multiplier
        if 0 <= case.value - one.value <= most:
            found.append(one)
    return tuple(found)


def weigh(
    case: Case, recovery: Recovery | None, *, witnesses: int = 0, photo_matches: bool = False
) -> tuple[Hypothesis, ...]:
    """The explanations of `case` with their posterior shares, the likeliest first.

    `witnesses` is how many earlier unproven readings agree; `photo_matches` asks what would hold if the photo showed
    the submitted value.
    """
    previous = case.previous
    if previous is None:
        return ()
    priors = case.limits.priors
    history = [one for one in case.history if recovery is None or one not in recovery.false_highs]
    own = usual_at(case.meter, history, case.taken_at)
    span = _Span(case, own, previous)
    before = 1.0
    weights: dict[str, tuple[float, str]] = {}
    if recovery:
        # Every other explanation has to explain the reading before as well.
        false = next(one for one in recovery.false_highs if not one.estimated)
        then = replace(case, value=false.value, taken_at=false.moment, previous=recovery.base)
        since = _Span(then, own, recovery.base)
        before = since.ordinary(false.value) + float(priors.high) * since.high(false.value)
        slipped, how, repeated = _misread(then, since)
        right = _Span(replace(case, previous=recovery.base), own, recovery.base)
        likely = right.ordinary(case.value) + float(priors.high) * right.high(case.value)
        weights["previous_wrong"] = (float(priors.false_before) * (slipped + repeated) * likely, how)
    slipped, how, repeated = _misread(case, span)
    proof = float(priors.photo_lies) if photo_matches else 1.0
    slipped *= float(priors.misread) ** witnesses
    repeated *= REPEATED**witnesses
    weights |= {
        "as_read": (before * span.ordinary(case.value), ""),
        "true_high": (before * float(priors.high) * span.high(case.value), ""),
        "misread": (before * float(priors.misread) * proof * (slipped + repeated), how),
        "exchange": (before * _exchange(case, span), ""),
    }
    if may_have_rolled_over(case, previous):
        over = case.value + case.meter.capacity
        likely = span.ordinary(over) + float(priors.high) * span.high(over)
        weights["rollover"] = (before * likely, "")
    whole = sum(weight for weight, _ in weights.values()) or LEAST
    found = [Hypothesis(name, round(weight / whole, 6), how) for name, (weight, how) in weights.items()]
    return tuple(sorted(found, key=lambda one: -one.share)[:MOST_SHOWN])


def share(weighed: Sequence[Hypothesis], *names: str) -> float:
    """The share of the named explanations together."""
    return sum(one.share for one in weighed if one.name in names)


class _Span:
    """What a register should show after `base`: densities a step of the register."""

    def __init__(self, case: Case, own: Usual, base: Known) -> None:
        self.days = max(days_between(base.moment, case.taken_at), Decimal("0.04"))
        self.base = base.value
        self.step = float(Decimal(1).scaleb(-case.meter.decimals))
        multiplier = case.meter.multiplier
        self.mean = float(own.median * self.days / multiplier)
        self.scale = max(float(own.spread_over(self.days) * self.days / multiplier), self.step)
        self.most = float(possible(case, base) / multiplier)

    def ordinary(self, value: Decimal) -> float:
        """Student's t, 3 degrees of freedom: 2 / (pi sqrt(3) (1 + x²/3)²), cut off below zero use."""
        use = float(value - self.base)
        if use < 0 or use > self.most:
            return 0.0
        x = (use - self.mean) / self.scale
        return self.step * 2 / (math.pi * math.sqrt(3) * (1 + x * x / 3) ** 2) / self.scale

    def high(self, value: Decimal) -> float:
        """Log-uniform from the usual use to the most that can be."""
        use, least = float(value - self.base), max(self.mean, self.step)
        if not least < use <= self.most or self.most <= least:
            return 0.0
        return self.step / (use * math.log(self.most / least))


def _misread(case: Case, span: _Span) -> tuple[float, str, float]:
    """The density of the value as a misread: of chance ones, how the likeliest came about, and of systematic ones."""
    chance = systematic = best = 0.0
    how = "the value of another meter"
    bases = [Decimal(0)]
    if case.previous and may_have_rolled_over(case, case.previous):
        bases.append(case.meter.capacity)
    for one in instead_of(case.value, case.meter):
        weight = one.share * max(span.ordinary(one.value + base) for base in bases)
        if one.systematic:
            systematic += weight
        else:
            chance += weight
        if weight > best:
            best, how = weight, f"{one.how}: {one.value:f}"
    # Another meter's value: log-uniform, because neighbours' registers stand at all orders of magnitude.
    stands = max(float(case.value), span.step)
    other = OTHER_METER * span.step / (stands * math.log(float(case.meter.capacity) / span.step))
    return chance, how, systematic + other


def _exchange(case: Case, span: _Span) -> float:
    """A new register near zero, which was set in at any time since the last reading."""
    if case.value >= span.base:
        return 0.0
    scale = span.mean + float(case.meter.max_daily / case.meter.multiplier) * 0.02 + span.step
    a_year = float(case.limits.priors.exchange_a_year)
    return a_year * float(span.days) / 365 * math.exp(-float(case.value) / scale) / scale * span.step
