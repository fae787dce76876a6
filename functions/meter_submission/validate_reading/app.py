"""ValidateReading: may this reading be believed, refused or looked at? Decides; writes nothing."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock, vee
from meterflow.adapters import meters, readings, rule_sets
from meterflow.contracts.meter_submission import (
    EarlierChange,
    Explanation,
    MeterFacts,
    RuleOutcome,
    ValidateReadingInput,
    ValidateReadingResult,
)
from meterflow.meter import Meter
from meterflow.observability import step
from meterflow.reading import normal_time
from meterflow.submeters import used_between
from meterflow.vee.formal import as_shown

# More than a year of weekly readings: what a season is judged by.
MOST_HISTORY = 120


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Run the rules of the reading's source over it, its meter and its neighbours in time."""
    request = ValidateReadingInput.model_validate(event)
    rules = rule_sets.current()
    claim = vee.Claim(
        request.value,
        request.taken_at,
        request.source,
        request.submitted_by,
        request.photo_key,
        request.unit,
        request.serial_number,
    )
    meter = meters.get(request.meter_id)
    refusal = vee.check_form(claim, meter, clock.now(), rules)
    if refusal or meter is None:
        return _result(refusal or vee.Decision(vee.Outcome.REJECT, ("meter_unknown",)), request.taken_at).payload()

    taken_at = normal_time(request.taken_at)
    past = [vee.known(one) for one in readings.history(meter.meter_id, MOST_HISTORY, before=taken_at)]
    past = [one for one in past if one.submission_id != request.submission_id]
    neighbours = readings.neighbours(meter, taken_at, request.submission_id, past)
    previous = neighbours.previous
    unproven = readings.witnesses(meter.meter_id, previous.taken_at, taken_at) if previous else []
    decision = vee.check_history(
        claim,
        meter,
        neighbours,
        rules,
        history=past,
        witnesses=[vee.known(one) for one in unproven if one.submission_id != request.submission_id],
        children=_children(meter, previous, taken_at),
    )
    facts = MeterFacts(
        digits=meter.digits,
        decimals=meter.decimals,
        serial_number=request.serial_number if "meter_exchanged" in decision.reasons else meter.serial_number,
        previous_value=previous.text if previous and not _starts_anew(decision) else None,
    )
    return _result(decision, taken_at, value=as_shown(claim, meter), meter=facts).payload()


def _children(meter: Meter, previous: vee.Known | None, taken_at: str) -> dict[str, Any]:
    """What each sub-meter counted since `previous`; those without readings around both ends are left out."""
    used = {}
    for meter_id in meter.submeters if previous else ():
        child = meters.get(meter_id)
        around = readings.history(meter_id, MOST_HISTORY)
        counted = used_between(child, around, previous.taken_at, taken_at) if child and previous else None
        if counted is not None:
            used[meter_id] = counted
    return used


def _starts_anew(decision: vee.Decision) -> bool:
    """Whether the reading before says nothing of what the photo must show at least."""
    doubts = {"meter_exchanged", "rollover_suspected", "rollover_confirmed", "false_high_recovered", vee.ASK}
    return bool(doubts & set(decision.reasons))


def _result(decision: vee.Decision, taken_at: str, **more: Any) -> ValidateReadingResult:
    return ValidateReadingResult(
        outcome=decision.outcome,
        reasons=decision.reasons,
        taken_at=taken_at,
        rule_set=decision.rule_set,
        rules=tuple(RuleOutcome(rule=one.rule, result=one.result, code=one.code) for one in decision.rules),
        hypotheses=tuple(
            Explanation(name=one.name, share=f"{one.share:.6f}", because=one.because) for one in decision.hypotheses
        ),
        photo_decides=decision.if_photo_matches is not None,
        if_photo_matches=decision.if_photo_matches or (),
        earlier=tuple(EarlierChange.model_validate(vars(one)) for one in decision.earlier),
        exchanged="meter_exchanged" in decision.reasons,
        **more,
    )
