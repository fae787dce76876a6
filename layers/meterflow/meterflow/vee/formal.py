"""Formal rules: can the reading be compared at all? They stop at the first refusal.

Each is `(claim, meter, now, limits) -> Finding | None`. The names in quotation marks are Oracle Utilities Meter Data
Management's ("Oracle MDM"), the nearest public rule library.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from meterflow import clock, reading, units
from meterflow.meter import Meter
from meterflow.photo import upload_prefix
from meterflow.vee.model import Claim, Finding
from meterflow.vee.rule_sets import Limits

FormalRule = Callable[[Claim, Meter | None, datetime, Limits], Finding | None]


def value_well_formed(claim: Claim, _meter: Meter | None, _now: datetime, _limits: Limits) -> Finding | None:
    """Schema: the value is plain figures with at most one point."""
    try:
        reading.parse_value(claim.value)
    except ValueError:
        return Finding("value_malformed")
    return None


def time_well_formed(claim: Claim, _meter: Meter | None, _now: datetime, _limits: Limits) -> Finding | None:
    """Schema: the time is RFC 3339 with a zone."""
    try:
        reading.normal_time(claim.taken_at)
    except ValueError:
        return Finding("time_malformed")
    return None


def meter_known(_claim: Claim, meter: Meter | None, _now: datetime, _limits: Limits) -> Finding | None:
    """Nobody can compare a reading with a meter that is not registered. Ours."""
    return None if meter else Finding("meter_unknown")


def submitter_may(claim: Claim, meter: Meter | None, _now: datetime, _limits: Limits) -> Finding | None:
    """A customer reads only meters of their own. Ours: the channel is public."""
    if meter and claim.submitted_by != meter.owner:
        return Finding("submitter_not_owner")
    return None


def photo_is_theirs(claim: Claim, _meter: Meter | None, _now: datetime, _limits: Limits) -> Finding | None:
    """A photo is proof only for whoever uploaded it. The API asks this as well, but not everybody comes through it."""
    if claim.photo_key and not claim.photo_key.startswith(upload_prefix(claim.submitted_by)):
        return Finding("photo_not_yours")
    return None


def meter_active(_claim: Claim, meter: Meter | None, _now: datetime, _limits: Limits) -> Finding | None:
    """As "Inactive Measurement Check": a meter out of service has no readings of customers and devices.

    A technician's are compared (see use_while_inactive): water that runs behind a closed account is worth knowing.
    """
    return Finding("meter_inactive") if meter and not meter.active else None


def unit_convertible(claim: Claim, meter: Meter | None, _now: datetime, _limits: Limits) -> Finding | None:
    """As "Unit of Measure Check": who names a unit names one of the same quantity as the meter's; it is converted."""
    if meter and claim.unit is not None and units.factor(claim.unit, meter.unit) is None:
        return Finding("unit_wrong")
    return None


def digits_fit(claim: Claim, meter: Meter | None, _now: datetime, _limits: Limits) -> Finding | None:
    """No more figures before the point than the register has wheels, leading zeros counted.

    Counting the zeros catches the commonest mistake, a point left out: 00123456 on a register of 5 + 3.
    """
    if meter and reading.figures(as_shown(claim, meter))[0] > meter.digits:
        return Finding("too_many_digits")
    return None


def decimals_fit(claim: Claim, meter: Meter | None, _now: datetime, _limits: Limits) -> Finding | None:
    """No more figures after the point than the register shows."""
    if meter and reading.figures(as_shown(claim, meter))[1] > meter.decimals:
        return Finding("too_many_decimals")
    return None


def not_in_future(claim: Claim, _meter: Meter | None, now: datetime, limits: Limits) -> Finding | None:
    """Nobody reads a meter tomorrow; clocks may differ by the tolerance."""
    if clock.from_text(claim.taken_at) > now + timedelta(seconds=limits.clock_tolerance_seconds):
        return Finding("taken_in_future")
    return None


def as_shown(claim: Claim, meter: Meter) -> str:
    """The claim's value as the meter's register would show it: the text as sent, or converted from the unit it names.

    Raises ValueError where the value is malformed or the units measure different things.
    """
    if claim.unit is None or claim.unit == meter.unit:
        return claim.value
    number = units.convert(reading.parse_value(claim.value) / meter.multiplier, claim.unit, meter.unit, meter.decimals)
    try:
        return reading.format_value(number, meter.digits, meter.decimals)
    except ValueError:
        # More than the register can show: written out in full, so that the rule about its digits answers.
        return str(number)


RULES: dict[str, FormalRule] = {
    rule.__name__: rule
    for rule in (
        value_well_formed,
        time_well_formed,
        meter_known,
        submitter_may,
        photo_is_theirs,
        meter_active,
        unit_convertible,
        digits_fit,
        decimals_fit,
        not_in_future,
    )
}
