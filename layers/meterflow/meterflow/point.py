"""Where a register's point stands: told by the figures' colours and by a visible point or comma, and where nothing is
known of the meter by what is usual. Odds are shares of 0..1."""

import math
from collections.abc import Sequence

MOST_DECIMALS = 4
# Without a meter at hand: how many figures usually stand before the point, of so many in all (gas 5 + 3, water 4 + 3
# and 5 + 3, electricity 5 or 6 + 1; judged from the faces we know, a weak witness beside colour and a visible point).
LAYOUTS = {
    4: {4: 0.5, 3: 0.4, 2: 0.06},
    5: {5: 0.5, 4: 0.35, 3: 0.07, 2: 0.07},
    6: {6: 0.35, 5: 0.45, 4: 0.09, 3: 0.1},
    7: {7: 0.2, 6: 0.25, 5: 0.14, 4: 0.4},
    8: {8: 0.1, 7: 0.08, 6: 0.12, 5: 0.65},
    9: {9: 0.15, 8: 0.08, 6: 0.6, 5: 0.12},
}
RARE_LAYOUT = 0.05
# What the point's place is told from, in log odds (fitted on rendered registers by training/points): each decimal's
# colour, with its constant, and a visible point before the first of them, with its own.
COLOUR, EACH_DECIMAL, POINT, ANY_POINT = 0.638, 0.165, 2.009, 4.827
# How many registers with decimals have a point or comma that a photo shows: judged.
VISIBLE_POINT = 0.75
# With nothing known of the meter, a point that the picture alone tells with smaller odds is a guess, and is named so.
POINT_TOLD = 0.95


def point_odds(decimal: Sequence[float], points: Sequence[float], usual: dict[int, float] | None) -> dict[int, float]:
    """Odds of each count of figures before the point, from their colour, from the point itself, and from what is
    `usual` where nothing is known of the meter."""
    count = len(decimal)
    logs = {}
    for whole in range(max(1, count - MOST_DECIMALS), count + 1):
        said = sum(COLOUR * _log_odds(share) + EACH_DECIMAL for share in decimal[whole:])
        if whole < count:
            point = math.exp(POINT * _log_odds(points[whole]) + ANY_POINT)
            said += math.log(1 - VISIBLE_POINT + VISIBLE_POINT * point)
        prior = 1.0 if usual is None else usual.get(whole, RARE_LAYOUT)
        logs[whole] = math.log(prior) + said
    most = max(logs.values())
    odds = {whole: math.exp(said - most) for whole, said in logs.items()}
    total = sum(odds.values())
    return {whole: share / total for whole, share in odds.items()}


def _log_odds(share: float) -> float:
    """Nothing is quite sure: colour and points are told from one place, and never against all others."""
    kept = min(0.997, max(0.003, share))
    return math.log(kept / (1 - kept))
