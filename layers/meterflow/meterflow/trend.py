"""Which way a measurement goes, in words: "rising for 3 days, 2.1 times the usual"."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

# A step smaller than this share of the greater of its two values is no change of direction.
LEAST_STEP = Decimal("0.1")
# Between these shares of the usual a value is the usual.
ABOUT = (Decimal("0.9"), Decimal("1.1"))


@dataclass(frozen=True)
class Point:
    """A value and the moment until which it was measured. A rate counts from the point before it."""

    at: datetime
    value: Decimal


def in_words(points: Sequence[Point], usual: Decimal | None) -> str:
    """What the newest of `points` (oldest first) came to, and from where: direction, how long, and beside the `usual`.

    A direction lasts over the steps that all went the same way, from the last point before them. One step is "rose
    within", several are "rising for". Without points there is nothing to say but that.
    """
    if not points:
        return "no earlier readings to compare with"
    direction, steps = _direction(points)
    lasted = duration(points[-1].at - points[-1 - steps].at) if steps else ""
    if direction == 0:
        words = f"steady for {lasted}" if lasted else "the first reading of its kind"
    elif steps == 1:
        words = f"{'rose' if direction > 0 else 'fell'} within {lasted}"
    else:
        words = f"{'rising' if direction > 0 else 'falling'} for {lasted}"
    beside = compared(points[-1].value, usual)
    return f"{words}, {beside}" if beside else words


def compared(value: Decimal, usual: Decimal | None) -> str:
    """`value` beside the `usual` in words; empty where nothing is usual."""
    if usual is None or usual < 0:
        return ""
    if usual == 0:
        return "usually nothing" if value > 0 else "as usual"
    share = value / usual
    if ABOUT[0] <= share <= ABOUT[1]:
        return "as usual"
    return f"{times(share)} times the usual"


def times(share: Decimal) -> str:
    """A share with as many figures as a person reads: `16`, `2.1`, `0.35`."""
    places = 0 if share >= 10 else 1 if share >= 1 else 2
    text = f"{share:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def duration(span: timedelta) -> str:
    """A stretch of time in the largest unit that fits it twice, or in days from one day on: `3 days`, `90 minutes`."""
    seconds = round(span.total_seconds())
    for name, length, least in (("day", 86_400, 1), ("hour", 3_600, 2), ("minute", 60, 2)):
        if seconds >= least * length:
            count = round(seconds / length)
            return f"{count} {name}{'' if count == 1 else 's'}"
    return f"{seconds} second{'' if seconds == 1 else 's'}"


def _direction(points: Sequence[Point]) -> tuple[int, int]:
    """The sign of the newest steps that all go one way (0: none does), and how many steps that are."""
    signs = [_sign(before.value, after.value) for before, after in pairwise(points)]
    if not signs:
        return 0, 0
    newest, steps = signs[-1], 0
    for sign in reversed(signs):
        if sign != newest:
            break
        steps += 1
    return newest, steps


def _sign(before: Decimal, after: Decimal) -> int:
    step = after - before
    if abs(step) <= LEAST_STEP * max(abs(before), abs(after)):
        return 0
    return 1 if step > 0 else -1
