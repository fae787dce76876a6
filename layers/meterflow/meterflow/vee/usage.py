"""Rules about use: is it what this meter uses? They explain and never refuse: an unusual use is still the use."""

from datetime import timedelta
from decimal import Decimal

from meterflow.vee.model import Case, Finding
from meterflow.vee.rates import days_between, usual_at
from meterflow.vee.registers import used

# A rate over less than this is the last wheel's rounding.
SHORTEST = timedelta(hours=12)


def high_use(case: Case) -> Finding | None:
    """As "High/Low Check" (Oracle MDM): far above the meter's own median daily use, by deviations and by factor."""
    rate = _rate(case)
    if rate is None:
        return None
    own = usual_at(case.meter, case.history, case.taken_at)
    z = (rate - own.median) / own.spread_over(_days(case))
    high = own.own and z > case.limits.high_z and rate > own.median * case.limits.high_factor
    return Finding("high_use") if high else None


def low_use(case: Case) -> Finding | None:
    """As "High/Low Check" (Oracle MDM): some use, and less than a share of the meter's own median."""
    rate = _rate(case)
    if not rate:
        return None
    own = usual_at(case.meter, case.history, case.taken_at)
    return Finding("low_use") if own.own and rate < own.median * case.limits.low_factor else None


def zero_use(case: Case) -> Finding | None:
    """As "Zero Consumption Check" (Oracle MDM): the register has not moved for too long; empty home or stuck meter.

    Estimates are passed over: they move by themselves.
    """
    since = None
    for one in case.history:
        if one.estimated:
            continue
        if one.value != case.value:
            break
        since = one.moment
    if since is None or days_between(since, case.taken_at) < case.limits.zero_days:
        return None
    return Finding("zero_use")


def use_while_inactive(case: Case) -> Finding | None:
    """As "Inactive Measurement Check" (Oracle MDM): a meter out of service must not count."""
    if case.meter.active or not case.previous:
        return None
    return Finding("use_while_inactive") if case.value > case.previous.value else None


def submeters_add_up(case: Case) -> Finding | None:
    """As "Sum Check" (Oracle MDM): what a meter counts is at least what the meters behind it count, within tolerance.

    Asked only where every sub-meter has readings around both ends of the interval.
    """
    if not case.previous or not case.children or set(case.children) != set(case.meter.submeters):
        return None
    behind = sum(case.children.values(), Decimal(0))
    own = used(case, case.previous)
    allowed = own * (1 + case.limits.submeter_tolerance) + Decimal(1).scaleb(-case.meter.decimals)
    return Finding("submeters_exceed") if own >= 0 and behind > allowed else None


def estimated_too_long(case: Case) -> Finding | None:
    """As "Prolonged Estimation Check" (Oracle MDM): no true reading for so long that somebody has to go there."""
    true = next((one for one in case.history if not one.estimated), None)
    if true is None or days_between(true.moment, case.taken_at) <= case.limits.estimated_days_most:
        return None
    return Finding("estimated_too_long")


def unit_converted(case: Case) -> Finding | None:
    """The value came in another unit and was converted; the text as sent is kept beside it."""
    return Finding("unit_converted") if case.converted else None


def _days(case: Case) -> Decimal:
    return days_between(case.previous.moment, case.taken_at) if case.previous else Decimal(0)


def _rate(case: Case) -> Decimal | None:
    """Units a day since the reading before, or None where there is no such rate."""
    if not case.previous or case.taken_at - case.previous.moment < SHORTEST or case.value < case.previous.value:
        return None
    return used(case, case.previous) / _days(case)
