"""Who decides a review: one person, two where they must, an operator where two disagree.

FIRST: any of the utility's people. SECOND: another person, who does not see what the first one said. LEAD: a third
person, an operator, who sees both. Nobody decides twice.
"""

from collections.abc import Collection, Sequence
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from meterflow.meter import Meter
from meterflow.reading import figures, parse_value
from meterflow.review_policy import Policy


class Stage(StrEnum):
    """Whom a review waits for."""

    FIRST = "FIRST"
    SECOND = "SECOND"
    LEAD = "LEAD"


class Outcome(StrEnum):
    """What one more opinion makes of a review."""

    DECIDED = "DECIDED"
    SECOND_OPINION = "SECOND_OPINION"  # a second person must look
    DISAGREED = "DISAGREED"  # two people differ, an operator must look


class Agreement(StrEnum):
    """How many stand behind a decision."""

    ONE = "ONE"
    TWO = "TWO"
    MAJORITY = "MAJORITY"  # the third person said what one of the two had said
    LEAD = "LEAD"  # the third person alone, against two


NEXT_STAGE = {Outcome.SECOND_OPINION: Stage.SECOND, Outcome.DISAGREED: Stage.LEAD}


class Opinion(BaseModel):
    """What one person says the meter shows, why, who (a user id), when (RFC 3339), as which person, and what came of
    it, so that the same call repeated gets the same answer."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    value: str
    reason: str
    decided_by: str
    decided_at: str
    stage: Stage = Stage.FIRST
    outcome: Outcome = Outcome.DECIDED


class Decision(BaseModel):
    """What holds in the end. `reason`, `decided_by` and `decided_at` are those of whose value it is."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    value: str
    reason: str
    decided_by: str
    decided_at: str
    agreement: Agreement = Agreement.ONE


def near(one: str, other: str, decimals: int) -> bool:
    """Whether two people, or a person and the reader, read the same.

    As in the comparison with the photo: places that one of them left out are no difference, and the last wheel behind
    the point may be turning, so one step of it is none either. Raises ValueError where one is no decimal string.
    """
    places = min(figures(one)[1], figures(other)[1])
    step = Decimal(1).scaleb(-places)
    difference = abs(_cut(one, step) - _cut(other, step))
    return difference == 0 or (0 < places == decimals and difference == step)


def _cut(value: str, step: Decimal) -> Decimal:
    return parse_value(value).quantize(step, rounding=ROUND_DOWN)


# The photo shows another meter, or another moment: what is read on it says nothing about this reading.
BESIDE_THE_POINT = frozenset({"wrong_meter", "photo_reused"})


def sure_reading(verdict: str, reading: str | None, reasons: Collection[str] = ()) -> str | None:
    """The reader's value where it counts as an opinion: it was sure enough to match or to contradict, and on a photo of
    this meter at this time."""
    return reading if verdict in ("MATCH", "MISMATCH") and not BESIDE_THE_POINT.intersection(reasons) else None


def weigh(
    stage: Stage,
    value: str,
    earlier: Sequence[Opinion],
    submitted: str,
    reader: str | None,
    meter: Meter,
    policy: Policy,
) -> Outcome:
    """What the opinion `value` makes of a review at `stage`, after the `earlier` ones.

    A first decision needs a second person where it differs from both the submitted value and a sure reader's, or where
    it moves more money than one person may: the billed difference to whoever said otherwise, at the meter's price,
    above `second_person.alone_above`, or `with_reader_above` where a sure reader shows the same value. A second that is
    near the first settles it. A third, the lead, always does.
    """
    if stage == Stage.LEAD:
        return Outcome.DECIDED
    if stage == Stage.SECOND:
        return Outcome.DECIDED if near(value, earlier[0].value, meter.decimals) else Outcome.DISAGREED
    with_reader = reader is not None and near(value, reader, meter.decimals)
    if reader is not None and not with_reader and not _same(value, submitted, meter):
        return Outcome.SECOND_OPINION
    limits = policy.second_person
    limit = limits.with_reader_above if with_reader else limits.alone_above
    others = [submitted] if reader is None else [submitted, reader]
    return Outcome.SECOND_OPINION if _money(value, others, meter, policy) > limit else Outcome.DECIDED


def decided(stage: Stage, mine: Opinion, earlier: Sequence[Opinion], decimals: int) -> Decision:
    """The decision that `mine` completes.

    Of two that are near each other the fuller counts, and of two equally full the lower: a wheel that is still turning
    has not arrived.
    """
    if stage == Stage.FIRST:
        return _as_decision(mine, Agreement.ONE)
    if stage == Stage.SECOND:
        first = earlier[0]
        best = min((first, mine), key=lambda one: (-figures(one.value)[1], parse_value(one.value)))
        return _as_decision(best, Agreement.TWO)
    backed = any(near(mine.value, one.value, decimals) for one in earlier)
    return _as_decision(mine, Agreement.MAJORITY if backed else Agreement.LEAD)


def _as_decision(opinion: Opinion, agreement: Agreement) -> Decision:
    return Decision.model_validate({**opinion.model_dump(), "agreement": agreement})


def _same(value: str, submitted: str, meter: Meter) -> bool:
    try:
        return near(value, submitted, meter.decimals)
    except ValueError:
        return False  # a device sent no number


def _money(value: str, others: Sequence[str], meter: Meter, policy: Policy) -> Decimal:
    moved = Decimal(0)
    for other in others:
        try:
            moved = max(moved, abs(parse_value(value) - parse_value(other)))
        except ValueError:
            continue  # no number was sent, so there is nothing that is moved
    return moved * meter.multiplier * policy.price(meter)
