"""What people taught us about one meter: its use is unusual and in order, so its own limits are wider for a while.

"Normal for me" widens what counts as usual spread by STEP, at most MOST times, for LASTS. It wears off: a pool that was
filled in spring must not hide a leak in autumn. And it is bounded, so that nobody can talk a burst away: at MOST a
rate has to lie three times as far from the usual as it would otherwise.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from meterflow.alert_types import AlertType
from meterflow.clock import from_text, to_text

STEP = Decimal("1.5")
MOST = Decimal(3)
LASTS = timedelta(days=180)
# How many answers are remembered, the newest ones: enough to find a repeated call by.
REMEMBERED = 20
NONE = Decimal(1)

# Use can be normal for somebody. Fire, a stuck meter, a broken sensor and a meter that was opened cannot.
TEACHABLE: frozenset[AlertType] = frozenset({"LEAK_DETECTED", "BURST_DETECTED", "EXCESSIVE_USE", "UNUSUAL_USE"})


class Tolerance(BaseModel):
    """By what a meter's usual spread is multiplied `until` a moment, and the alarms whose answers said so.

    `version` grows with every change, so that two people at once lose neither answer.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    multiplier: Decimal
    until: str
    alerts: tuple[str, ...] = ()
    version: int = 0


def in_force(tolerance: Tolerance | None, at: datetime) -> Decimal:
    """The multiplier that counts at the moment `at`: 1 where nobody taught anything or it has worn off."""
    if tolerance is None or from_text(tolerance.until) <= at:
        return NONE
    return min(MOST, max(NONE, tolerance.multiplier))


def raised(tolerance: Tolerance | None, alert_id: str, now: datetime) -> Tolerance:
    """The tolerance after "normal for me" about `alert_id`; unchanged where that alarm has taught already."""
    if tolerance is not None and alert_id in tolerance.alerts:
        return tolerance
    earlier: Sequence[str] = tolerance.alerts if tolerance else ()
    return Tolerance(
        multiplier=min(MOST, in_force(tolerance, now) * STEP),
        until=to_text((now + LASTS).replace(microsecond=0)),
        alerts=(*earlier, alert_id)[-REMEMBERED:],
        version=(tolerance.version if tolerance else 0) + 1,
    )
