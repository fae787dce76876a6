"""How the wheels of a counter stand to each other: the carry, and what a wheel between two figures is worth.

A wheel is driven by the wheel to its right, which takes it along by one figure while it goes itself from 9 to 0 (the
transfer pinion of a cyclometer register: two teeth on the driving wheel's rim mesh for that tenth of a turn only). So
a wheel stands between d and d + 1 in three cases:
- the wheel to its right is at 9 and on its way to 0: the register still counts d;
- the wheel to its right has passed 0 and this one lags behind (play): the register counts d + 1;
- it is the last wheel, which nothing drives in steps: the register counts d until d + 1 has arrived.

`shown` turns that rule into odds, with the play that worn registers have. The shares are judged, not measured: they
say that a settled wheel nearly always shows its count, that play is possible near the carry, and hardly elsewhere.
"""

from functools import lru_cache

# A wheel's appearance: (figure, whether it is between that figure and the next one).
Shown = tuple[int, bool]


@lru_cache(maxsize=512)
def shown(count: int, right: int | None, right_turning: bool) -> tuple[tuple[Shown, float], ...]:
    """What a wheel that counts `count` can show, with odds, where the wheel to its right counts `right` (None: it is
    the last) and is itself between two figures or not."""
    before, after = (count - 1) % 10, (count + 1) % 10
    if right is None:
        return (((count, False), 0.66), ((count, True), 0.28), ((before, True), 0.06))
    if right == 9:
        if right_turning:
            return (((count, True), 0.55), ((count, False), 0.42), ((after, False), 0.03))
        return (((count, False), 0.93), ((count, True), 0.068), ((after, False), 0.002))
    if right == 0:
        if right_turning:
            # The right wheel lags behind its own neighbour, between 9 and 0, or is already leaving 0.
            return (((count, False), 0.78), ((before, True), 0.21), ((before, False), 0.01))
        return (((count, False), 0.96), ((before, True), 0.038), ((before, False), 0.002))
    late, early = (0.012, 0.003) if right == 1 else (0.003, 0.012) if right == 8 else (0.003, 0.003)
    return (((count, False), 1 - late - early), ((before, True), late), ((count, True), early))
