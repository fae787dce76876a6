"""Who may see what. A thing that one may not see is answered as one that is not there."""

from meterflow.http import Caller
from meterflow.meter import Meter
from meterflow.reading import Reading


def is_staff(caller: Caller) -> bool:
    """Whether the caller works for the utility."""
    return caller.is_operator or caller.is_technician


def may_see_meter(caller: Caller, meter: Meter) -> bool:
    """A meter's owner and the utility's people see it, and all its readings."""
    return is_staff(caller) or meter.owner == caller.user_id


def may_see_reading(caller: Caller, reading: Reading, meter: Meter | None) -> bool:
    """Who submitted a reading sees it, and whoever sees its meter."""
    return reading.submitted_by == caller.user_id or is_staff(caller) or bool(meter and may_see_meter(caller, meter))
