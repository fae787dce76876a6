"""Running the rules of a source over a claim, and the decision with everything that evidence needs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from meterflow import clock, reading
from meterflow.meter import Meter
from meterflow.vee import registers, usage
from meterflow.vee.explanation import explained
from meterflow.vee.formal import RULES as FORMAL_RULES
from meterflow.vee.formal import as_shown
from meterflow.vee.model import Action, Case, Claim, Decision, Finding, Known, Neighbours, Outcome, RuleResult, decide
from meterflow.vee.rule_sets import RuleSets, shipped

PlausibilityRule = Callable[[Case], Finding | None]
PLAUSIBILITY_RULES: dict[str, PlausibilityRule] = {
    rule.__name__: rule
    for rule in (
        usage.unit_converted,
        registers.not_duplicate,
        registers.not_exchanged,
        registers.not_decreasing,
        registers.rolled_over,
        registers.within_maximum_rate,
        registers.below_following,
        usage.use_while_inactive,
        usage.high_use,
        usage.low_use,
        usage.zero_use,
        usage.submeters_add_up,
        usage.estimated_too_long,
        registers.late,
    )
}
PASSED = "PASSED"


def check_form(claim: Claim, meter: Meter | None, now: datetime, rules: RuleSets | None = None) -> Decision | None:
    """Run the formal rules of the claim's source. The refusal, or None where the reading can be compared."""
    chosen = rules or shipped()
    mine = chosen.sets[claim.source]
    results: list[RuleResult] = []
    for name, action in mine.formal.items():
        finding = FORMAL_RULES[name](claim, meter, now, mine.limits)
        if finding:
            results.append(RuleResult(name, action, finding.code))
            return Decision(Outcome.REJECT, (finding.code,), tuple(results), chosen.stamp)
        results.append(RuleResult(name, PASSED))
    return None


def check_history(
    claim: Claim,
    meter: Meter,
    neighbours: Neighbours,
    rules: RuleSets | None = None,
    *,
    history: Sequence[Known] = (),
    witnesses: Sequence[Known] = (),
    children: Mapping[str, Decimal] | None = None,
) -> Decision:
    """Run the plausibility rules of the claim's source over a claim that passed check_form.

    `history` are accepted readings before it, newest first; `witnesses` unproven ones that wait for a second opinion;
    `children` what each sub-meter counted since the neighbour before. All may be empty: rules that need more pass.
    """
    chosen = rules or shipped()
    mine = chosen.sets[claim.source]
    case = registers.with_exchanges(
        Case(
            meter=meter,
            value=reading.parse_value(as_shown(claim, meter)),
            taken_at=clock.from_text(reading.normal_time(claim.taken_at)),
            limits=mine.limits,
            source=claim.source,
            previous=neighbours.previous,
            following=neighbours.following,
            same_time=neighbours.same_time,
            history=tuple(history),
            witnesses=tuple(witnesses),
            children=dict(children or {}),
            serial_number=claim.serial_number,
            converted=claim.unit not in (None, meter.unit),
        )
    )
    findings: list[Finding] = []
    results = [RuleResult(name, PASSED) for name in mine.formal]
    for name, action in mine.plausibility.items():
        finding = PLAUSIBILITY_RULES[name](case)
        if finding:
            finding = Finding(finding.code, finding.action or Action(action))
            findings.append(finding)
        results.append(
            RuleResult(name, finding.action.value, finding.code)
            if finding and finding.action
            else RuleResult(name, PASSED)
        )
    decided = replace(decide(findings), rules=tuple(results), rule_set=chosen.stamp)
    return explained(case, decided)


def unknown_rules(rules: RuleSets) -> list[str]:
    """The rules that a document names and nobody has written: a utility's typing mistake must not pass for a rule."""
    return sorted(
        {name for one in rules.sets.values() for name in one.formal if name not in FORMAL_RULES}
        | {name for one in rules.sets.values() for name in one.plausibility if name not in PLAUSIBILITY_RULES}
    )
