"""The words of validation: what is claimed, what is known, what a rule finds, and what all of them decide.

An estimate among the neighbours is never what a true reading is compared with; `Known.estimated` says which it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from meterflow import clock, reading
from meterflow.meter import Meter
from meterflow.reading import Quality, Reading, Source
from meterflow.vee.rule_sets import Limits


class Action(StrEnum):
    """What a finding asks for: NOTE only explains, REVIEW leaves it to a person, REJECT refuses the reading."""

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
    """A rule's answer: a stable reason code, and an action where the rule and not the rule set has to say it."""

    code: str
    action: Action | None = None


@dataclass(frozen=True)
class RuleResult:
    """One rule of the evidence: its name, and PASSED or the action of what it found, with the code."""

    rule: str
    result: str
    code: str | None = None


@dataclass(frozen=True)
class Hypothesis:
    """One explanation of what was submitted: its posterior odds in favour as a share (0..1), and in words why."""

    name: str
    share: float
    because: str = ""


@dataclass(frozen=True)
class Earlier:
    """What becomes of an earlier submission once this one is accepted: a status, and the reason for it."""

    submission_id: str
    status: str
    reason: str


@dataclass(frozen=True)
class Decision:
    """All rules together: the strictest action wins; reasons in the order of the rules.

    `if_photo_matches` are the reasons with which the reading is accepted where its photo shows the value, None where
    a photo cannot decide. `earlier` happens in the transaction that accepts the reading, and only then.
    """

    outcome: Outcome
    reasons: tuple[str, ...]
    rules: tuple[RuleResult, ...] = ()
    rule_set: str = ""
    hypotheses: tuple[Hypothesis, ...] = ()
    if_photo_matches: tuple[str, ...] | None = None
    earlier: tuple[Earlier, ...] = ()


@dataclass(frozen=True)
class Claim:
    """A reading as it was sent, before anything about it is believed. `unit` and `serial_number` where they came."""

    value: str
    taken_at: str
    source: Source
    submitted_by: str
    photo_key: str | None = None
    unit: str | None = None
    serial_number: str | None = None


@dataclass(frozen=True)
class Known:
    """A reading of the same meter, as stored. Two are the same where they say the same."""

    text: str
    taken_at: str
    submission_id: str = field(default="", compare=False)
    estimated: bool = field(default=False, compare=False)

    @property
    def value(self) -> Decimal:
        """The reading as a number."""
        return reading.parse_value(self.text)

    @property
    def moment(self) -> datetime:
        """When it was taken."""
        return clock.from_text(self.taken_at)


def known(row: Reading) -> Known:
    """A stored submission as validation compares with it."""
    return Known(row.value, row.taken_at, row.submission_id, row.quality == Quality.ESTIMATED)


@dataclass(frozen=True)
class Neighbours:
    """The accepted readings next before and next after a moment, and another submission's at exactly that moment."""

    previous: Known | None = None
    following: Known | None = None
    same_time: Known | None = None


@dataclass(frozen=True)
class Case:
    """A well-formed reading beside its meter, its neighbours in time and all that speaks for or against it.

    `history` are accepted readings before it, newest first, estimates too. `witnesses` are earlier submissions that
    nobody accepted but that wait for proof: two that agree prove each other. `children` maps a sub-meter to what it
    counted since `previous`, in its unit. `serial_number` is the one that the submitter named.
    """

    meter: Meter
    value: Decimal
    taken_at: datetime
    limits: Limits
    source: Source = Source.CUSTOMER
    previous: Known | None = None
    following: Known | None = None
    same_time: Known | None = None
    history: tuple[Known, ...] = ()
    witnesses: tuple[Known, ...] = ()
    children: Mapping[str, Decimal] = field(default_factory=dict)
    serial_number: str | None = None
    converted: bool = False


def decide(findings: list[Finding]) -> Decision:
    """The strictest action of all findings, with every code. A finding without an action only explains."""
    actions = {finding.action for finding in findings}
    outcome = Outcome.ACCEPT
    if Action.REJECT in actions:
        outcome = Outcome.REJECT
    elif Action.REVIEW in actions:
        outcome = Outcome.REVIEW
    return Decision(outcome, tuple(dict.fromkeys(finding.code for finding in findings)))
