"""From doubts to a decision: which explanation dominates, and if none does, one more photo is asked for.

Three doubts have more than one explanation: a decreasing value, a suspected turn-over, and a high use. Everything else
stays as its rule found it.
"""

from dataclasses import replace

from meterflow.reading import Source
from meterflow.vee import hypotheses
from meterflow.vee.hypotheses import Recovery
from meterflow.vee.model import Case, Decision, Earlier, Hypothesis, Known, Outcome

ASK = "one_more_photo"
# Why an accepted reading is withdrawn.
FALSE_HIGH = "false_high"
# Doubts that an explanation can settle; a REVIEW for any other reason waits for a person whatever the photo shows.
_EXPLAINABLE = frozenset({"decreasing", "rollover_suspected", "high_use"})
_PERSON = frozenset({"other_serial", "submeters_exceed", "use_while_inactive", "above_later_reading"})
_RIGHT = ("as_read", "true_high", "rollover", "exchange", "previous_wrong")


def explained(case: Case, decided: Decision) -> Decision:
    """`decided` with competing explanations weighed, and what follows for earlier submissions."""
    doubts = _EXPLAINABLE & set(decided.reasons)
    if doubts and not case.following and case.previous:
        decided = _explain(case, decided, doubts)
    return _with_witnesses(case, decided)


def _explain(case: Case, decided: Decision, doubts: frozenset[str]) -> Decision:
    recovery = hypotheses.find_recovery(case) if "decreasing" in doubts else None
    agree = len(hypotheses.agreeing(case))
    now = hypotheses.weigh(case, recovery, witnesses=agree)
    proven = hypotheses.weigh(case, recovery, witnesses=agree, photo_matches=True)
    decided = replace(decided, hypotheses=now)
    if _PERSON & set(decided.reasons) or (decided.outcome == Outcome.REJECT and "decreasing" not in doubts):
        return decided
    if "decreasing" in doubts:
        return _decreasing(case, decided, recovery, agree, now, proven)
    if "rollover_suspected" in doubts:
        return _turned(case, decided, agree, now, proven)
    return _high(case, decided, now, proven)


def _decreasing(
    case: Case,
    decided: Decision,
    recovery: Recovery | None,
    agree: int,
    now: tuple[Hypothesis, ...],
    proven: tuple[Hypothesis, ...],
) -> Decision:
    """One false high must not lock a meter: what continues the history before it, and is proven, is accepted."""
    limits = case.limits
    if recovery is None or hypotheses.share(proven, "previous_wrong") < limits.consider_at:
        likely = now[0].name if now else ""
        return replace(decided, reasons=(*decided.reasons, "exchange_suspected")) if likely == "exchange" else decided
    rest = _without(decided.reasons, "decreasing")
    recovered = (*rest, "false_high_recovered")
    earlier = tuple(Earlier(one.submission_id, "REJECTED", FALSE_HIGH) for one in recovery.false_highs)
    on_the_spot = case.source == Source.TECHNICIAN
    if (agree or on_the_spot) and hypotheses.share(now, "previous_wrong") >= limits.believe_at:
        return replace(decided, outcome=Outcome.ACCEPT, reasons=recovered, earlier=earlier)
    provable = hypotheses.share(proven, "previous_wrong") >= limits.believe_at
    return replace(
        decided,
        outcome=Outcome.REVIEW,
        reasons=(*decided.reasons, ASK),
        if_photo_matches=recovered if provable else None,
        earlier=earlier if provable else (),
    )


def _turned(
    case: Case, decided: Decision, agree: int, now: tuple[Hypothesis, ...], proven: tuple[Hypothesis, ...]
) -> Decision:
    """A turn-over is believed on a photo that shows the value, or on a second reading that agrees. Never unseen."""
    if decided.outcome != Outcome.REVIEW:
        return decided
    confirmed = (*_without(decided.reasons, "rollover_suspected"), "rollover_confirmed")
    believe = case.limits.believe_at
    if agree and hypotheses.share(now, "rollover") >= believe:
        return replace(decided, outcome=Outcome.ACCEPT, reasons=confirmed)
    provable = hypotheses.share(proven, "rollover") >= believe
    return replace(decided, reasons=(*decided.reasons, ASK), if_photo_matches=confirmed if provable else None)


def _high(case: Case, decided: Decision, now: tuple[Hypothesis, ...], proven: tuple[Hypothesis, ...]) -> Decision:
    """A high use stands as it was read, unless a misread explains it about as well."""
    if hypotheses.share(now, "misread") < case.limits.ask_at:
        return decided
    provable = hypotheses.share(proven, *_RIGHT) >= case.limits.believe_at
    return replace(
        decided,
        outcome=Outcome.REVIEW,
        reasons=(*decided.reasons, ASK),
        if_photo_matches=decided.reasons if provable else None,
    )


def _with_witnesses(case: Case, decided: Decision) -> Decision:
    """What becomes of earlier submissions that asked for one more photo, once this reading is accepted.

    In order between the last accepted reading and this one they were right; else this reading refutes them.
    """
    if decided.outcome == Outcome.REJECT or case.following or not case.witnesses:
        return decided
    gone = {one.submission_id for one in decided.earlier}
    base = next((one for one in case.history if one.submission_id not in gone and not one.estimated), case.previous)
    settled = tuple(
        Earlier(one.submission_id, "ACCEPTED", "confirmed_by_next")
        if _in_order(case, base, one)
        else Earlier(one.submission_id, "REJECTED", "refuted_by_next")
        for one in case.witnesses
    )
    return replace(decided, earlier=(*decided.earlier, *settled))


def _in_order(case: Case, base: Known | None, witness: Known) -> bool:
    if base is None or base.value <= case.value:
        return (base is None or base.value <= witness.value) and witness.value <= case.value
    # This reading lies behind a turn of the register.
    return witness.value >= base.value or witness.value <= case.value


def _without(reasons: tuple[str, ...], code: str) -> tuple[str, ...]:
    return tuple(one for one in reasons if one != code)
