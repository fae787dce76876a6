"""Which review comes first: the expected cost of a wrong value, and how long its customer waits.

    priority = odds x difference x price  +  waiting_per_hour x hours waited  +  escalated (once the deadline passed)

`odds` is how likely the submitted value is wrong, `difference` by how many billed units, `price` what a unit costs
(review_policy). Every item shows its terms. Waiting weighs the same for all, so the order of two reviews never changes
while both wait: the index keeps `rank`, the priority at the epoch, and no row has to be written again as time goes by.
Nothing starves, because whatever waits long enough passes any expected cost.
"""

from datetime import UTC, datetime
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from meterflow import clock
from meterflow.meter import Meter
from meterflow.reading import PhotoResult, parse_value
from meterflow.review_decision import sure_reading
from meterflow.review_policy import Policy

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CENT = Decimal("0.01")
_PER_MYRIAD = Decimal("0.0001")
_FINE = Decimal("0.000001")


class Stake(BaseModel):
    """What is at stake: the odds (0..1) that the value is wrong, by how many billed units, and what one costs."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    odds: Decimal
    difference: Decimal
    price: Decimal

    @property
    def expected_cost(self) -> Decimal:
        """The three multiplied: money that a wrong value costs, on average."""
        return self.odds * self.difference * self.price


def stake(meter: Meter, value: str, taken_at: str, photo: PhotoResult, policy: Policy) -> Stake:
    """What is at stake in a submitted `value`, given what its photo shows.

    Where a sure reader shows another value (MISMATCH), its confidence is the odds, and the difference the two values'.
    Else the doubt is about the use itself: the units since the meter's last accepted reading, or a usual month where it
    has none; with odds of what the reader leaves over (MATCH) or of an unproven value. No difference counts for more
    than the connection can pass in the time since the last reading: the rules refuse such a value anyway.
    """
    confidence = Decimal(str(photo.confidence)) if photo.confidence is not None else None
    seen = sure_reading(photo.verdict, photo.reading, photo.reasons)
    if seen is not None and photo.verdict == "MISMATCH" and _number(seen) != _number(value):
        odds = confidence if confidence is not None else policy.doubt["rival"]
        difference = abs(_number(value) - _number(seen))
    else:
        difference = _use(meter, value, policy)
        odds = policy.doubt["unproven"]
        if photo.verdict == "MATCH":
            odds = max(policy.doubt["proven"], Decimal(1) - (confidence or Decimal(0)))
    limit = _most(meter, taken_at)
    billed = difference * meter.multiplier
    return Stake(
        odds=min(max(odds, Decimal(0)), Decimal(1)).quantize(_PER_MYRIAD),
        difference=(min(billed, limit) if limit is not None else billed).quantize(_PER_MYRIAD),
        price=policy.price(meter),
    )


def _number(value: str) -> Decimal:
    try:
        return parse_value(value)
    except ValueError:
        return Decimal(0)  # a device sent no number: all that the register shows is in doubt


def _use(meter: Meter, value: str, policy: Policy) -> Decimal:
    use = abs(_number(value) - _number(meter.latest.value)) if meter.latest else Decimal(0)
    return use or policy.month(meter) / meter.multiplier


def _most(meter: Meter, taken_at: str) -> Decimal | None:
    """The most that the meter can have counted since its last reading, in its unit; a day's at the least."""
    if not meter.latest:
        return None
    try:
        passed = clock.from_text(taken_at) - clock.from_text(meter.latest.taken_at)
    except ValueError:
        return None
    days = Decimal(str(abs(passed.total_seconds()))) / 86400
    return meter.max_daily * max(days, Decimal(1))


class Priority(BaseModel):
    """A review's place in the queue with every term of it. Money in `currency`; `total` is what is sorted by."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    odds: Decimal
    difference: Decimal
    price: Decimal
    expected_cost: Decimal
    waiting: Decimal
    escalated: Decimal
    total: Decimal
    currency: str


def priority(at_stake: Stake, opened_at: datetime, escalated: bool, now: datetime, policy: Policy) -> Priority:
    """The priority at `now` of a review that was opened at `opened_at`."""
    waiting = policy.waiting_per_hour * _hours(opened_at, now)
    bonus = policy.escalated if escalated else Decimal(0)
    return Priority(
        odds=at_stake.odds.quantize(_PER_MYRIAD),
        difference=at_stake.difference.quantize(_PER_MYRIAD),
        price=at_stake.price,
        expected_cost=at_stake.expected_cost.quantize(_CENT),
        waiting=waiting.quantize(_CENT),
        escalated=bonus,
        total=(at_stake.expected_cost + waiting + bonus).quantize(_CENT),
        currency=policy.currency,
    )


def rank(at_stake: Stake, opened_at: datetime, escalated: bool, policy: Policy) -> Decimal:
    """The part of the priority that time does not change: the greater comes first, at any moment."""
    bonus = policy.escalated if escalated else Decimal(0)
    waited = policy.waiting_per_hour * _hours(_EPOCH, opened_at)
    return (at_stake.expected_cost + bonus - waited).quantize(_FINE)


def _hours(start: datetime, end: datetime) -> Decimal:
    return Decimal(str((end - start).total_seconds())) / 3600
