"""What the flow of one meter says, and how it is said in one sentence."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, Self

FlowKind = Literal["normal", "leak", "burst", "never_zero"]


@dataclass(frozen=True, slots=True)
class FlowFinding:
    """What the flow of one meter says now.

    `leak` and `burst` are probabilities, `rate` the estimated lost flow in the meter's unit an hour (0 for none),
    `since` when it began, `pausing` whether it stops for an hour now and then, `starts` true where a person would be
    told now. `evidence` (nats, 0 and up) is the raw score for the calibration of the alarm.
    """

    kind: FlowKind
    leak: float
    burst: float
    rate: float
    since: datetime | None
    pausing: bool
    starts: bool
    evidence: float
    sentence: str

    def with_start(self) -> Self:
        return replace(self, starts=True)

    def without_start(self) -> Self:
        return replace(self, starts=False)

    def to_item(self) -> dict[str, Any]:
        return {
            "kind": self.kind, "leak": self.leak, "burst": self.burst, "rate": self.rate,
            "since": None if self.since is None else self.since.isoformat(), "pausing": self.pausing,
            "starts": self.starts, "evidence": self.evidence, "sentence": self.sentence,
        }  # fmt: skip

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        since = None if item["since"] is None else datetime.fromisoformat(item["since"])
        return cls(
            item["kind"], float(item["leak"]), float(item["burst"]), float(item["rate"]), since,
            bool(item["pausing"]), bool(item["starts"]), float(item["evidence"]), str(item["sentence"]),
        )  # fmt: skip


def sentence_of(
    kind: FlowKind, rate: float, unit: str, since: datetime | None, pausing: bool, *, zero_share: float, largest: float
) -> str:
    """One sentence for `kind`. `zero_share` is how often this meter is usually at zero, `largest` its largest hour."""
    began = "" if since is None else f" since {since:%Y-%m-%d %H:%M}"
    flow = f"{rate:.3g} {unit} an hour"
    if kind == "burst":
        return f"About {flow}{began}; the largest hour of a day is usually {largest:.3g} {unit}."
    if kind == "never_zero":
        return f"Never at zero since the first reading ({began.removeprefix(' since ')}): at least {flow} all the time."
    if kind == "leak":
        how = "with short pauses" if pausing else "without a stop"
        habit = f"; usually {zero_share:.0%} of the hours are at zero" if zero_share >= 0.01 else ""
        return f"Water has flowed {how}{began}, about {flow} more than usual{habit}."
    return "Flow as usual for this meter."
