"""A meter's own rates, and what it should have used since its last reading.

The statistics are those of `meterflow.consumption` (weighted median and MAD of daily rates, the same season first).
What is added here: estimates are left out, a register that was exchanged is cut there, and a meter without a history
of its own gets the wide usual of its connection.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from meterflow import clock
from meterflow.consumption import (
    MAD_TO_DEVIATION,
    Interval,
    Register,
    RegisterReading,
    comparable,
    intervals,
    usual,
)
from meterflow.meter import Meter
from meterflow.vee.model import Known

SECONDS_A_DAY = Decimal(86_400)
# The smallest spread of a rate, as a share of it, and as a share of the most that the connection passes in a day.
LEAST_RELATIVE_SPREAD = Decimal("0.25")
LEAST_SHARE_OF_MAXIMUM = Decimal("0.001")
# What a household uses of what its connection can pass: 0.4 m3 of water of 60, 7 kWh of 1043.
TYPICAL_SHARE_OF_MAXIMUM = Decimal(1) / Decimal(150)


@dataclass(frozen=True)
class Usual:
    """What a meter uses a day, in its unit: the median and the robust spread of its rates at this time of the year.

    `typical_days` is the length of its usual interval; `own` is False where the meter has too little history and the
    numbers are those of its kind of connection.
    """

    median: Decimal
    spread: Decimal
    typical_days: Decimal
    own: bool

    def spread_over(self, days: Decimal) -> Decimal:
        """The spread of the mean rate over `days`: wider where they are fewer than usual, as the root of the ratio."""
        if days >= self.typical_days or days <= 0:
            return self.spread
        return self.spread * Decimal(math.sqrt(self.typical_days / days))


def days_between(start: datetime, end: datetime) -> Decimal:
    """Days from `start` to `end`, exactly to the second."""
    return Decimal(int((end - start).total_seconds())) / SECONDS_A_DAY


def register_of(meter: Meter) -> Register:
    """What `meterflow.consumption` has to know of the meter."""
    return Register(meter.unit, meter.capacity, meter.max_daily * LEAST_SHARE_OF_MAXIMUM, meter.multiplier)


def past_intervals(meter: Meter, history: Sequence[Known]) -> list[Interval]:
    """The intervals between true readings, oldest first, none of them across an exchange."""
    cuts = sorted(clock.from_text(one.exchanged_at) for one in meter.exchanges)
    segments: dict[int, list[RegisterReading]] = {}
    for one in history:
        if not one.estimated:
            segments.setdefault(sum(cut <= one.moment for cut in cuts), []).append(
                RegisterReading(one.value, one.moment)
            )
    found = [each for segment in segments.values() for each in intervals(segment, register_of(meter))]
    return sorted(found, key=lambda each: each.end.taken_at)


def usual_at(meter: Meter, history: Sequence[Known], at: datetime) -> Usual:
    """What the meter usually uses a day around the moment `at`."""
    floor = meter.max_daily * LEAST_SHARE_OF_MAXIMUM
    found = usual(comparable(past_intervals(meter, history), at))
    if found is None:
        typical = meter.max_daily * TYPICAL_SHARE_OF_MAXIMUM
        return Usual(typical, typical, Decimal(7), own=False)
    spread = max(found.mad * MAD_TO_DEVIATION, found.median * LEAST_RELATIVE_SPREAD, floor)
    return Usual(found.median, spread, found.typical_days, own=True)
