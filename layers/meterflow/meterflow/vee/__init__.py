"""Validation of a reading: small named rules, and a set of them for each source.

The rules follow the validation part of VEE (validation, estimation, editing) as utilities run it. `formal` asks whether
a reading can be compared at all, `registers` and `usage` compare it, `explanation` weighs what doubts mean, `check`
runs them; which rules a source has to pass, and every threshold, is data in rule_sets.json.
"""

from meterflow.vee.check import check_form, check_history
from meterflow.vee.explanation import ASK, FALSE_HIGH
from meterflow.vee.model import (
    Action,
    Claim,
    Decision,
    Earlier,
    Finding,
    Hypothesis,
    Known,
    Neighbours,
    Outcome,
    RuleResult,
    decide,
    known,
)

__all__ = [
    "ASK",
    "FALSE_HIGH",
    "Action",
    "Claim",
    "Decision",
    "Earlier",
    "Finding",
    "Hypothesis",
    "Known",
    "Neighbours",
    "Outcome",
    "RuleResult",
    "check_form",
    "check_history",
    "decide",
    "known",
]
