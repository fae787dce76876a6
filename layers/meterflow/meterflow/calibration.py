"""From what speaks for a reading of the open reader to the chance that all of it is right.

A logistic of five pieces of evidence (Platt, 1999). `training/calibrate.py` fits its weights; the reader and, once the
meter is known, the comparison of a submission weigh with them.
"""

import math
from collections.abc import Sequence

# Beyond these log odds a double says no more.
MOST_LOG_ODDS = 30.0


def terms(decoded: float, weakest: float, strip: float, agreement: float, located: float) -> list[float]:
    """The evidence as it is weighed, a constant first. Each piece is a share of 0..1; the first three enter as log
    odds, so that a doubt counts the more the rarer it is."""
    shares = (decoded, weakest, strip)
    return [1.0, *(math.log((share + 0.002) / (1.002 - share)) for share in shares), agreement, located]


def chance(weights: Sequence[float], evidence: Sequence[float]) -> float:
    """The chance (0..1) of a reading whose `terms` are `evidence`. Raises ValueError where their numbers differ."""
    total = sum(weight * term for weight, term in zip(weights, evidence, strict=True))
    return 1 / (1 + math.exp(-max(-MOST_LOG_ODDS, min(MOST_LOG_ODDS, total))))
