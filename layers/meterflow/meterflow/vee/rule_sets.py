"""Rule sets as data: which rules a source has to pass, what follows where it does not, and every threshold.

The shipped sets stand in rule_sets.json beside this module. A utility lays its own document over them (see `overlaid`);
nothing here is code that a utility would have to change. One set serves each source, as Oracle Utilities Meter Data
Management groups its rules by how a measurement came in.
"""

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from meterflow.reading import Source

Share = Annotated[Decimal, Field(gt=0, lt=1)]
Positive = Annotated[Decimal, Field(gt=0)]
ActionName = Literal["NOTE", "REVIEW", "REJECT"]


class Priors(BaseModel):
    """What is believed before a reading is looked at. Shares of readings, but for `exchange_a_year`.

    `misread`: a person or a device sends another figure than the register shows (field studies of self-reading find
    one to three in a hundred). `high`: a leak or another real excess. `false_before`: a misread value was accepted.
    `exchange_a_year`: a meter is replaced in a year and nobody recorded it (verification periods of 5 to 15 years, some
    before they are on record). `photo_lies`: a photo check says MATCH of a misread value; issue 3 asks for at most one
    in two hundred.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    misread: Share
    high: Share
    false_before: Share
    exchange_a_year: Share
    photo_lies: Share


class Limits(BaseModel):
    """The thresholds of one source. Durations in the unit of their name, shares in 0..1.

    `clock_tolerance_seconds`: how far ahead of ours a sender's clock may be. `least_interval_hours`: the least time
    that the maximum rate is applied to, because people round the time of a reading and count a day as a day.
    `high_z`, `high_factor`: a rate so many robust deviations and so many times above the meter's own median is high;
    `low_factor`: below this share of it, low. `zero_days`: no use for longer is worth a word. `rollover_from`,
    `rollover_to`: a register that stood above the first share and now shows less than the second may have turned over.
    `submeter_tolerance`: by which share the sub-meters may count more than their parent (two meters of class 2, ISO
    4064-1 and OIML R49, differ by 2 % each at worst). `ask_at`: from this posterior share of "misread" on a photo is
    asked for. `believe_at`: an explanation dominates from this share on. `consider_at`: below it an accepted value is
    not doubted. `estimate_after_days`: a meter without a reading for longer is estimated. `estimated_days_most`: and
    if that goes on for longer, somebody has to go there (Oracle MDM: Prolonged Estimation Check).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    clock_tolerance_seconds: Annotated[int, Field(ge=0)]
    least_interval_hours: Positive
    high_z: Positive
    high_factor: Annotated[Decimal, Field(gt=1)]
    low_factor: Share
    zero_days: Positive
    rollover_from: Share
    rollover_to: Share
    submeter_tolerance: Share
    ask_at: Share
    believe_at: Share
    consider_at: Share
    estimate_after_days: Positive
    estimated_days_most: Positive
    priors: Priors


class RuleSet(BaseModel):
    """What one source has to pass: rules by name in their order, and the action where one fails."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    formal: dict[str, ActionName]
    plausibility: dict[str, ActionName]
    limits: Limits


class RuleSets(BaseModel):
    """The document: a version that evidence names, and a set for each source."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Annotated[str, Field(min_length=1, max_length=64)]
    sets: dict[Source, RuleSet]

    @model_validator(mode="after")
    def _whole(self) -> "RuleSets":
        missing = set(Source) - set(self.sets)
        if missing:
            raise ValueError(f"no rule set for {', '.join(sorted(missing))}")
        return self

    @property
    def stamp(self) -> str:
        """The version with the first 12 hex digits of the content's SHA-256: what evidence says was applied."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return f"{self.version}+{hashlib.sha256(canonical.encode()).hexdigest()[:12]}"


def _document() -> dict[str, Any]:
    text = resources.files("meterflow.vee").joinpath("rule_sets.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


@cache
def shipped() -> RuleSets:
    """The rule sets as they are shipped."""
    return RuleSets.model_validate(_document())


def overlaid(overlay: Mapping[str, Any]) -> RuleSets:
    """The shipped sets with a utility's document laid over them: objects are merged, all else is replaced.

    `{"version": "acme-3", "sets": {"customer": {"limits": {"high_factor": "4"}, "plausibility": {"zero_use": null}}}}`
    changes one threshold and takes one rule out (null removes). Raises ValueError (pydantic's) where the result is not
    whole, names what is unknown or has no version of its own: a document that is half understood is not applied.
    """
    base = _document()
    if overlay.get("version") in (None, base["version"]):
        raise ValueError("a utility's rule sets need a version of their own")
    return RuleSets.model_validate(_merged(base, overlay))


def _merged(base: Any, over: Any) -> Any:
    if not (isinstance(base, dict) and isinstance(over, Mapping)):
        return over
    merged = {**base, **{name: _merged(base.get(name), part) for name, part in over.items()}}
    return {name: part for name, part in merged.items() if part is not None}
