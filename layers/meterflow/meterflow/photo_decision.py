"""What may be done with a reading that was taken from a photo alone, with no submitted value beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from meterflow.register import Candidate

# Sure enough to bill, and how far the next best explanation must stay behind, where a reader's odds are not calibrated.
# Set on the strict side: a wrong bill is worse than a look by a person. Calibrated readers bring their own (`least`).
BILLABLE = 0.9
LEAD = 0.3


@dataclass(frozen=True)
class PhotoDecision:
    """ACCEPT (sure enough to bill), REVIEW (a person should look) or UNREADABLE, and why it is not ACCEPT."""

    decision: str
    reading: str | None
    confidence: float
    reasons: tuple[str, ...]


def decide(candidates: Sequence[Candidate], previous_value: str | None, faults: Sequence[str]) -> PhotoDecision:
    """Decide on `candidates` (likeliest first) of a photo with `faults`, after the meter's previous reading if known.

    Raises ValueError where `previous_value` is no decimal string.
    """
    if not candidates:
        return PhotoDecision("UNREADABLE", None, 0.0, tuple(faults) or ("no_meter",))
    best = candidates[0]
    reasons = [*faults, *best.reasons]
    if previous_value is not None and Decimal(best.reading) < Decimal(previous_value):
        reasons.append("decreasing")
    if best.confidence < (BILLABLE if best.least is None else best.least):
        reasons.append("not_sure")
    elif best.least is None and len(candidates) > 1 and best.confidence - candidates[1].confidence < LEAD:
        reasons.append("several_candidates")
    return PhotoDecision(
        "REVIEW" if reasons else "ACCEPT", best.reading, best.confidence, tuple(dict.fromkeys(reasons))
    )
