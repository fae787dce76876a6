"""Rules about the register itself: order, turn-over, exchange, rate.

A register counts upwards. What looks like a step back is a mistake, a turn-over, an exchanged meter, or a mistake in
the reading before; the rules name it, `vee.hypotheses` weighs it. An exchange is as good as two readings: the old
register's last value and the new one's first, so each side is compared with its own (see `with_exchanges`).
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from meterflow import clock
from meterflow.reading import Source
from meterflow.vee.model import Action, Case, Finding, Known
from meterflow.vee.rates import days_between


def not_duplicate(case: Case) -> Finding | None:
    """As "Duplicate IMD Check" (Oracle MDM): one reading a meter and moment. An estimate gives way to a reading."""
    return Finding("duplicate") if case.same_time else None


def not_exchanged(case: Case) -> Finding | None:
    """A meter exchange is believed on its record, or on a technician who names the new serial number.

    Anybody else who names another serial number stands before another meter, or before a new one that nobody told us
    of: a person looks.
    """
    if named_other_serial(case):
        return (
            Finding("meter_exchanged") if case.source == Source.TECHNICIAN else Finding("other_serial", Action.REVIEW)
        )
    if case.previous and case.previous.submission_id == EXCHANGE:
        return Finding("meter_exchanged")
    return None


def not_decreasing(case: Case) -> Finding | None:
    """As "Negative Consumption Check" (Oracle MDM): a register counts upwards, unless it turned over (rolled_over)."""
    if case.previous and case.value < case.previous.value and not may_have_rolled_over(case, case.previous):
        return Finding("decreasing")
    return None


def rolled_over(case: Case) -> Finding | None:
    """A register that stood near its end and now shows a small value may have turned over.

    Never accepted unseen, because a misread is likelier than a real turn (AI-on-the-edge-device, Slider0007 #349):
    only a photo that shows the value, a technician, or a second reading that agrees is evidence.
    """
    if case.previous and case.value < case.previous.value and may_have_rolled_over(case, case.previous):
        if case.source == Source.TECHNICIAN:
            return Finding("rollover_confirmed", Action.NOTE)
        return Finding("rollover_suspected")
    return None


def within_maximum_rate(case: Case) -> Finding | None:
    """As "High/Low Check", here against the meter's physical limit: use <= max_daily * days since the last reading.

    `max_daily` is in the meter's unit, so the register's difference is multiplied first ("Multiplier Check"). Its
    defaults follow the permanent flow of the meter's class (ISO 4064-1 and OIML R49: Q3), see `meterflow.meter`.
    """
    previous = case.previous
    if previous and case.value >= previous.value and used(case, previous) > possible(case, previous):
        return Finding("above_maximum_rate")
    return None


def below_following(case: Case) -> Finding | None:
    """A late reading must not stand above the accepted one after it, unless the register turned over between them."""
    previous, following = case.previous, case.following
    if not following or case.value <= following.value:
        return None
    if previous and following.value < previous.value:
        # The turn lies between the neighbours, so either side of it is in order; not_decreasing judges the rest.
        return None
    return Finding("above_later_reading")


def late(case: Case) -> Finding | None:
    """Taken before the meter's latest: it enters the history and the latest stays."""
    return Finding("late_reading") if case.following else None


# --- what they stand on -----------------------------------------------------------------------------------------

# The mark of a neighbour that an exchange put there.
EXCHANGE = "exchange"


def with_exchanges(case: Case) -> Case:
    """`case` with the registers' own first and last values as neighbours, where a meter was exchanged between.

    A technician who names a new serial number starts a new register: nothing before is compared with it.
    """
    previous, following = case.previous, case.following
    if named_other_serial(case) and case.source == Source.TECHNICIAN:
        return replace(case, previous=None)
    for one in case.meter.exchanges:
        at = clock.from_text(one.exchanged_at)
        if at <= case.taken_at and (previous is None or previous.moment < at):
            previous = Known(one.start_value, one.exchanged_at, EXCHANGE)
        if at > case.taken_at and (following is None or at < following.moment):
            following = Known(one.removal_value, one.exchanged_at, EXCHANGE) if one.removal_value else None
            break
    return replace(case, previous=previous, following=following)


def named_other_serial(case: Case) -> bool:
    """Whether the submitter named a serial number and it is not the registered one."""
    named, own = case.serial_number, case.meter.serial_number
    return bool(named and own) and _plain(str(named)) != _plain(str(own))


def _plain(serial: str) -> str:
    return "".join(sign for sign in serial.upper() if sign.isalnum())


def used(case: Case, previous: Known) -> Decimal:
    """What was counted since `previous`, in the meter's unit; below zero where the register stands lower now."""
    return (case.value - previous.value) * case.meter.multiplier


def possible(case: Case, previous: Known) -> Decimal:
    """The most that the meter can have counted since `previous`, in its unit."""
    least = timedelta(hours=float(case.limits.least_interval_hours))
    return case.meter.max_daily * days_between(previous.moment, max(case.taken_at, previous.moment + least))


def may_have_rolled_over(case: Case, previous: Known) -> bool:
    """Near the register's end before, near its start now, and no more use than the rate allows.

    A reading after it that stands no lower than the one before says that the register had not turned between them.
    """
    if case.following and case.following.value >= previous.value:
        return False
    capacity = case.meter.capacity
    wrapped = (capacity - previous.value + case.value) * case.meter.multiplier
    return (
        previous.value >= capacity * case.limits.rollover_from
        and case.value <= capacity * case.limits.rollover_to
        and wrapped <= possible(case, previous)
    )
