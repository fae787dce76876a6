"""Validation of a reading: small named rules, and a set of them for each source.

The rules follow the validation part of VEE (validation, estimation, editing) as utilities run it; the nearest public
model is the rule library of Oracle Utilities Meter Data Management ("Oracle MDM" below), which groups rules by source
as well. Thresholds are data in RULE_SETS.

A rule is a pure function that returns a Finding or None. REJECT refuses the reading, REVIEW leaves it to a person,
NOTE only explains. The formal rules ask whether the reading can be compared at all and stop at the first refusal;
the plausibility rules compare it and all report.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from meterflow import clock, reading
from meterflow.meter import Meter
from meterflow.photo import upload_prefix
from meterflow.reading import Source


class Action(StrEnum):
    """What a finding asks for."""

    NOTE = "NOTE"
    REVIEW = "REVIEW"
    REJECT = "REJECT"


class Outcome(StrEnum):
    """What validation decides."""

    ACCEPT = "ACCEPT"
    REVIEW = "REVIEW"
    REJECT = "REJECT"


@dataclass(frozen=True)
class Finding:
    """A rule's answer: a stable reason code and what to do about it."""

    code: str
    action: Action


@dataclass(frozen=True)
class Decision:
    """All rules together: the strictest action wins; reasons in the order of the rules."""

    outcome: Outcome
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Limits:
    """The thresholds of one source.

    `clock_tolerance`: how far ahead of ours a sender's clock may be. `least_interval`: the least time that the maximum
    rate is applied to, because people round the time of a reading and count a day as a day. `backwards`: what becomes
    of a value that contradicts its neighbours' order. `rollover`: what becomes of a register that may have turned over.
    """

    clock_tolerance: timedelta = timedelta(minutes=5)
    least_interval: timedelta = timedelta(days=1)
    backwards: Action = Action.REJECT
    rollover: Action = Action.REVIEW


@dataclass(frozen=True)
class Claim:
    """A reading as it was sent, before anything about it is believed."""

    value: str
    taken_at: str
    source: Source
    submitted_by: str
    photo_key: str | None = None


@dataclass(frozen=True)
class Known:
    """An accepted reading of the same meter, as stored."""

    text: str
    taken_at: str

    @property
    def value(self) -> Decimal:
        """The reading as a number."""
        return reading.parse_value(self.text)


@dataclass(frozen=True)
class Neighbours:
    """The accepted readings next before and next after a moment, and another submission's at exactly that moment."""

    previous: Known | None = None
    following: Known | None = None
    same_time: Known | None = None


@dataclass(frozen=True)
class Comparison:
    """A well-formed reading beside its meter and its neighbours in time."""

    meter: Meter
    value: Decimal
    taken_at: datetime
    limits: Limits
    previous: Known | None = None
    following: Known | None = None
    same_time: Known | None = None


FormalRule = Callable[[Claim, Meter | None, datetime, Limits], Finding | None]
PlausibilityRule = Callable[[Comparison], Finding | None]


# --- formal rules -----------------------------------------------------------------------------------------------


def value_well_formed(claim: Claim, _meter: Meter | None, _now: datetime, _limits: Limits) -> Finding | None:
    """Schema: the value is plain figures with at most one point."""
    try:
        reading.parse_value(claim.value)
    except ValueError:
        return Finding("value_malformed", Action.REJECT)
    return None


def time_well_formed(claim: Claim, _meter: Meter | None, _now: datetime, _limits: Limits) -> Finding | None:
    """Schema: the time is RFC 3339 with a zone."""
    try:
        reading.normal_time(claim.taken_at)
    except ValueError:
        return Finding("time_malformed", Action.REJECT)
    return None


def meter_known(_claim: Claim, meter: Meter | None, _now: datetime, _limits: Limits) -> Finding | None:
    """The meter is registered."""
    return None if meter else Finding("meter_unknown", Action.REJECT)


def submitter_may(claim: Claim, meter: Meter | None, _now: datetime, _limits: Limits) -> Finding | None:
    """A customer reads only meters of their own. Ours: the channel is public."""
    if meter and claim.submitted_by != meter.owner:
        return Finding("submitter_not_owner", Action.REJECT)
    return None


def photo_is_theirs(claim: Claim, _meter: Meter | None, _now: datetime, _limits: Limits) -> Finding | None:
    """A photo is proof only for whoever uploaded it. The API asks this as well, but not everybody comes through it."""
    if claim.photo_key and not claim.photo_key.startswith(upload_prefix(claim.submitted_by)):
        return Finding("photo_not_yours", Action.REJECT)
    return None


def meter_active(_claim: Claim, meter: Meter | None, _now: datetime, _limits: Limits) -> Finding | None:
    """As Oracle MDM checks use on an inactive meter: one out of service has no readings."""
    return Finding("meter_inactive", Action.REJECT) if meter and not meter.active else None


def digits_fit(claim: Claim, meter: Meter | None, _now: datetime, _limits: Limits) -> Finding | None:
    """No more figures before the point than the register has wheels, leading zeros counted.

    Counting the zeros catches the commonest mistake, a point left out: 00123456 on a register of 5 + 3.
    """
    if meter and reading.figures(claim.value)[0] > meter.digits:
        return Finding("too_many_digits", Action.REJECT)
    return None


def decimals_fit(claim: Claim, meter: Meter | None, _now: datetime, _limits: Limits) -> Finding | None:
    """No more figures after the point than the register shows."""
    if meter and reading.figures(claim.value)[1] > meter.decimals:
        return Finding("too_many_decimals", Action.REJECT)
    return None


def not_in_future(claim: Claim, _meter: Meter | None, now: datetime, limits: Limits) -> Finding | None:
    """Nobody reads a meter tomorrow; clocks may differ by the tolerance."""
    if clock.from_text(claim.taken_at) > now + limits.clock_tolerance:
        return Finding("taken_in_future", Action.REJECT)
    return None


# --- plausibility rules -----------------------------------------------------------------------------------------


def not_duplicate(case: Comparison) -> Finding | None:
    """As Oracle MDM finds duplicates: one reading a meter and moment."""
    return Finding("duplicate", Action.REJECT) if case.same_time else None


def not_decreasing(case: Comparison) -> Finding | None:
    """As Oracle MDM checks negative use: a register counts upwards, unless it turned over (see rolled_over)."""
    if case.previous and case.value < case.previous.value and not _may_have_rolled_over(case, case.previous):
        return Finding("decreasing", case.limits.backwards)
    return None


def rolled_over(case: Comparison) -> Finding | None:
    """A register that stood near its end and now shows a small value may have turned over: a person looks at it.

    Never accepted unseen, because a misread is likelier than a real turn (AI-on-the-edge-device, Slider0007 #349).
    """
    if case.previous and case.value < case.previous.value and _may_have_rolled_over(case, case.previous):
        return Finding("rollover_suspected", case.limits.rollover)
    return None


def within_maximum_rate(case: Comparison) -> Finding | None:
    """As Oracle MDM checks high use, here against the meter's physical limit: use <= max_daily * days since the last.

    `max_daily` is in the meter's unit, so the register's difference is multiplied first.
    """
    previous = case.previous
    if (
        previous
        and case.value >= previous.value
        and _used(case, case.value - previous.value) > _possible(case, previous)
    ):
        return Finding("above_maximum_rate", Action.REJECT)
    return None


def below_following(case: Comparison) -> Finding | None:
    """A late reading must not stand above the accepted one after it, unless the register turned over between them."""
    previous, following = case.previous, case.following
    if not following or case.value <= following.value:
        return None
    if previous and following.value < previous.value:
        # The turn lies between the neighbours, so either side of it is in order; not_decreasing judges the rest.
        return None
    return Finding("above_later_reading", case.limits.backwards)


def late(case: Comparison) -> Finding | None:
    """Taken before the meter's latest: it enters the history and the latest stays."""
    return Finding("late_reading", Action.NOTE) if case.following else None


def _used(case: Comparison, difference: Decimal) -> Decimal:
    return difference * case.meter.multiplier


def _possible(case: Comparison, previous: Known) -> Decimal:
    """The most that the meter can have counted since `previous`, in its unit."""
    seconds = int(max(case.taken_at - clock.from_text(previous.taken_at), case.limits.least_interval).total_seconds())
    return case.meter.max_daily * seconds / 86_400


def _may_have_rolled_over(case: Comparison, previous: Known) -> bool:
    """In the last tenth of the register before, in the first tenth now, and no more use than the rate allows."""
    capacity = case.meter.capacity
    wrapped = capacity - previous.value + case.value
    return (
        previous.value >= capacity * Decimal("0.9")
        and case.value <= capacity * Decimal("0.1")
        and _used(case, wrapped) <= _possible(case, previous)
    )


# --- the sets ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RuleSet:
    """What one source has to pass."""

    formal: tuple[FormalRule, ...]
    plausibility: tuple[PlausibilityRule, ...]
    limits: Limits


_SCHEMA: tuple[FormalRule, ...] = (value_well_formed, time_well_formed, meter_known)
_DETAILS: tuple[FormalRule, ...] = (photo_is_theirs, meter_active, digits_fit, decimals_fit, not_in_future)
_HISTORY: tuple[PlausibilityRule, ...] = (
    not_duplicate,
    not_decreasing,
    rolled_over,
    within_maximum_rate,
    below_following,
    late,
)

RULE_SETS: dict[Source, RuleSet] = {
    # Anybody may write anything: every rule.
    Source.CUSTOMER: RuleSet((*_SCHEMA, submitter_may, *_DETAILS), _HISTORY, Limits()),
    # Reads other people's meters. Somebody on the spot who contradicts the history may be right: a person decides,
    # and one false high reading cannot lock the meter for good.
    Source.TECHNICIAN: RuleSet((*_SCHEMA, *_DETAILS), _HISTORY, Limits(backwards=Action.REVIEW)),
    # Its identity is checked where it connects, and its clock is exact, so that the rate holds within the hour.
    Source.DEVICE: RuleSet((*_SCHEMA, *_DETAILS), _HISTORY, Limits(least_interval=timedelta(hours=1))),
    # Computed by us: a turn of the register is never estimated, and nobody has to look at a wrong computation.
    Source.ESTIMATE: RuleSet((*_SCHEMA, *_DETAILS), _HISTORY, Limits(rollover=Action.REJECT)),
}


def check_form(claim: Claim, meter: Meter | None, now: datetime) -> Decision | None:
    """Run the formal rules of the claim's source. The refusal, or None where the reading can be compared."""
    rules = RULE_SETS[claim.source]
    for rule in rules.formal:
        finding = rule(claim, meter, now, rules.limits)
        if finding:
            return Decision(Outcome.REJECT, (finding.code,))
    return None


def check_history(claim: Claim, meter: Meter, neighbours: Neighbours) -> Decision:
    """Run the plausibility rules of the claim's source over a claim that passed check_form."""
    rules = RULE_SETS[claim.source]
    case = Comparison(
        meter=meter,
        value=reading.parse_value(claim.value),
        taken_at=clock.from_text(reading.normal_time(claim.taken_at)),
        limits=rules.limits,
        previous=neighbours.previous,
        following=neighbours.following,
        same_time=neighbours.same_time,
    )
    return decide([finding for rule in rules.plausibility if (finding := rule(case))])


def decide(findings: list[Finding]) -> Decision:
    """The strictest action of all findings, with every code."""
    actions = {finding.action for finding in findings}
    outcome = Outcome.ACCEPT
    if Action.REJECT in actions:
        outcome = Outcome.REJECT
    elif Action.REVIEW in actions:
        outcome = Outcome.REVIEW
    return Decision(outcome, tuple(finding.code for finding in findings))
