"""What a sub-meter counted between two moments that are not its own readings' moments.

Between two readings a register is taken to have counted evenly, so each end is interpolated on a straight line.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

from meterflow import clock
from meterflow.meter import Meter
from meterflow.reading import Quality, Reading, parse_value
from meterflow.vee.rates import days_between


def used_between(child: Meter, history: Sequence[Reading], start: str, end: str) -> Decimal | None:
    """What `child` counted from `start` to `end` in its unit, or None where its true readings do not span both.

    `history` is in any order. A register that ran back in between (turned over, exchanged) gives None as well.
    """
    points = sorted(
        (clock.from_text(one.taken_at), parse_value(one.value)) for one in history if one.quality != Quality.ESTIMATED
    )
    first, last = _at(points, clock.from_text(start)), _at(points, clock.from_text(end))
    if first is None or last is None or last < first:
        return None
    return (last - first) * child.multiplier


def _at(points: Sequence[tuple[datetime, Decimal]], moment: datetime) -> Decimal | None:
    """The register at `moment` on the line between the readings around it."""
    for (before, low), (after, high) in pairwise(points):
        if before <= moment <= after:
            if high < low:
                return None
            whole = days_between(before, after)
            return low if whole == 0 else low + (high - low) * days_between(before, moment) / whole
    return None
