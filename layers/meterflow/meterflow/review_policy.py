"""What a utility decides about its reviews: prices, doubts, limits. Data in review_policy.json, not code.

- `prices`: what a billed unit costs the customer, by kind and unit, in `currency`. They weigh mistakes and bill nobody.
- `usual_use`: the billed units of a household's usual month, for a reading of which nothing else is known.
- `doubt`: how likely a submitted value is wrong where the reader gives no odds of its own: `rival` a sure reader shows
  another value, `unproven` no photo proves it, `proven` (the least doubt there is) the photo shows it.
- `waiting_per_hour`: what an hour of a customer's waiting weighs; `escalated`: what the last chance before a review
  expires weighs. Both in `currency`, so that they add to the expected cost.
- `second_person`: above how much money one person's decision needs a second person: `alone_above` where nobody else
  says so, `with_reader_above` where a sure reader shows the same. About a household's yearly bill, and ten times it.
- `flags`: see review_flags.
"""

from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from meterflow.meter import UNITS, Meter

Money = Decimal


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SecondPerson(_Data):
    """Limits in money above which a second person decides too."""

    alone_above: Money = Field(ge=0)
    with_reader_above: Money = Field(ge=0)


class FlagLimits(_Data):
    """`z` is the width of every interval in standard deviations (2.576: 99 %); `fewest` is how many cases any share
    needs before it may be flagged at all; `agreement` the share of agreement that is asked of a reviewer."""

    z: Decimal = Field(gt=0)
    fewest: int = Field(ge=1)
    fewest_of_one_customer: int = Field(ge=1)
    share_of_one_customer: Decimal = Field(gt=0, lt=1)
    agreement: Decimal = Field(gt=0, lt=1)


class Policy(_Data):
    """One utility's choice. The keys of `prices` and `usual_use` are `kind/unit`."""

    currency: str
    prices: dict[str, Money]
    usual_use: dict[str, Decimal]
    doubt: dict[Literal["rival", "unproven", "proven"], Decimal]
    waiting_per_hour: Money = Field(gt=0)
    escalated: Money = Field(ge=0)
    second_person: SecondPerson
    flags: FlagLimits

    def price(self, meter: Meter) -> Money:
        """What one unit of `meter` costs."""
        return self.prices[f"{meter.kind.value}/{meter.unit}"]

    def month(self, meter: Meter) -> Decimal:
        """The usual use of a household's meter like this in a month, in its unit."""
        return self.usual_use[f"{meter.kind.value}/{meter.unit}"]


@cache
def policy() -> Policy:
    """The policy in force. Raises ValueError where the file is wrong or misses a kind of meter."""
    text = resources.files("meterflow").joinpath("review_policy.json").read_text(encoding="utf-8")
    found = Policy.model_validate_json(text)
    wanted = {f"{kind.value}/{unit}" for kind, units in UNITS.items() for unit in units}
    if missing := wanted - (found.prices.keys() & found.usual_use.keys()):
        raise ValueError(f"review_policy.json says nothing of {', '.join(sorted(missing))}")
    return found
