"""Flags on reviewers: for fraud, and for training needs. A flag is a reason to look, never a verdict.

Every share comes with its Wilson score interval (E. B. Wilson, 1927; the interval that holds its level on few cases and
at shares near 0 and 1). A flag needs the *interval*, not the share, to lie beyond the limit, and a least number of
cases besides, so little data never flags anybody. The interval is wide (99 %), because many people are looked at.

- FAVOURS_DOWN (fraud): the share of this person's corrections that make the bill smaller is, with its whole interval,
  above the others' whole interval; where the others have too few corrections, above one half.
- FAVOURS_ONE_CUSTOMER, FAVOURS_ONE_PLACE (fraud): of this person's downward corrections more belong to one customer, or
  one house, than `share_of_one_customer`, at the interval's lower end. Whoever takes the queue as it comes meets no
  customer that often.
- OWN_METER (fraud): decided about a meter of their own. A fact, so one case is enough.
- LOW_AGREEMENT (training): agrees with the second person or the lead less often than is asked, at the interval's upper
  end.
- AGAINST_READER (training): agrees with the sure reader less often than the others do, the intervals apart.
"""

import math
from collections.abc import Sequence
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from meterflow.review_counts import Counts
from meterflow.review_policy import FlagLimits

_PLACES = Decimal("0.0001")


class Share(BaseModel):
    """`count` of `of` cases, and the Wilson interval `low`..`high`; without cases the interval is everything."""

    model_config = ConfigDict(frozen=True)

    count: int
    of: int
    share: Decimal | None
    low: Decimal
    high: Decimal


class Flag(BaseModel):
    """Why somebody should look: a code, the share that stands out and the limit that it lies beyond."""

    model_config = ConfigDict(frozen=True)

    code: str
    about: str  # "fraud" or "training"
    share: Share
    limit: Decimal
    customer: str | None = None  # whose corrections they are: a customer's id, or a place's name


class OfOneCustomer(BaseModel):
    """A reviewer's downward corrections for one customer or place, of all of that reviewer's."""

    model_config = ConfigDict(frozen=True)

    what: str  # "customer" or "place"
    who: str
    down: int


def wilson(count: int, of: int, z: Decimal) -> Share:
    """The Wilson score interval of `count` in `of`, `z` standard deviations wide. Raises ValueError for count > of."""
    if not 0 <= count <= of:
        raise ValueError("a share is between none and all")
    if of == 0:
        return Share(count=0, of=0, share=None, low=Decimal(0), high=Decimal(1))
    p, width = count / of, float(z) ** 2 / of
    middle = (p + width / 2) / (1 + width)
    half = float(z) * math.sqrt(p * (1 - p) / of + width / of / 4) / (1 + width)
    low, high = (Decimal(str(min(1.0, max(0.0, end)))).quantize(_PLACES) for end in (middle - half, middle + half))
    return Share(count=count, of=of, share=Decimal(str(p)).quantize(_PLACES), low=low, high=high)


def share_of(counts: Counts, name: str, of: str, z: Decimal) -> Share:
    """The share of the count `name` in the count `of`."""
    return wilson(int(counts.get(name, 0)), int(counts.get(of, 0)), z)


def agreement(counts: Counts, z: Decimal) -> Share:
    """How often this person agreed with another: the lead where one had to decide, else the second person."""
    agreed = int(counts.get("second_agreed", 0)) + int(counts.get("lead_agreed", 0))
    return wilson(agreed, int(counts.get("second_known", 0)), z)


def flags(mine: Counts, everybody: Counts, customers: Sequence[OfOneCustomer], limits: FlagLimits) -> list[Flag]:
    """The flags of the reviewer with the counts `mine`; `everybody` includes them."""
    others = {name: count - mine.get(name, Decimal(0)) for name, count in everybody.items()}
    found = [*_down(mine, others, limits), *_of_one(mine, customers, limits), *_training(mine, others, limits)]
    if own := int(mine.get("own", 0)):
        share = wilson(own, int(mine["decisions"]), limits.z)
        found.append(Flag(code="OWN_METER", about="fraud", share=share, limit=Decimal(0)))
    return found


def _down(mine: Counts, others: Counts, limits: FlagLimits) -> list[Flag]:
    share, theirs = (share_of(counts, "down", "corrections", limits.z) for counts in (mine, others))
    limit = theirs.high if theirs.of >= limits.fewest else Decimal("0.5")
    if share.of < limits.fewest or share.low <= limit:
        return []
    return [Flag(code="FAVOURS_DOWN", about="fraud", share=share, limit=limit)]


def _of_one(mine: Counts, customers: Sequence[OfOneCustomer], limits: FlagLimits) -> list[Flag]:
    found = []
    all_down = int(mine.get("down", 0))
    for one in customers:
        # The two rows are read one after the other, so the newer may be ahead by a review.
        share = wilson(one.down, max(all_down, one.down), limits.z)
        if one.down >= limits.fewest_of_one_customer and share.low > limits.share_of_one_customer:
            code = f"FAVOURS_ONE_{one.what.upper()}"
            limit = limits.share_of_one_customer
            found.append(Flag(code=code, about="fraud", share=share, limit=limit, customer=one.who))
    return found


def _training(mine: Counts, others: Counts, limits: FlagLimits) -> list[Flag]:
    found = []
    with_people = agreement(mine, limits.z)
    if with_people.of >= limits.fewest and with_people.high < limits.agreement:
        found.append(Flag(code="LOW_AGREEMENT", about="training", share=with_people, limit=limits.agreement))
    share, theirs = (share_of(counts, "reader_agreed", "reader_known", limits.z) for counts in (mine, others))
    if min(share.of, theirs.of) >= limits.fewest and share.high < theirs.low:
        found.append(Flag(code="AGAINST_READER", about="training", share=share, limit=theirs.low))
    return found
