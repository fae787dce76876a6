"""Where values and moments lie on a chart, and which of them are written at its edges."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from meterflow.clock import from_text

# How many lines a small chart bears.
MOST_TICKS = 4
# A scale starts at zero where the values come near it; what always lies high (a pressure) would only look flat there.
FROM_ZERO_BELOW = Decimal("0.6")


@dataclass(frozen=True)
class Axes:
    """The scales of one chart. `ticks` are values, the lowest first; `times` are `(x, text, anchor)` along the foot."""

    start: datetime
    end: datetime
    ticks: tuple[Decimal, ...]
    frame: tuple[float, float, float, float]
    times: tuple[tuple[float, str, str], ...]

    def x(self, moment: str) -> float:
        """The place of a moment, pixels from the left."""
        return _across(from_text(moment), self.start, self.end, self.frame)

    def y(self, value: Decimal) -> float:
        """The place of a value, pixels from the top."""
        _, _, top, bottom = self.frame
        share = float((value - self.ticks[0]) / (self.ticks[-1] - self.ticks[0]))
        return bottom - share * (bottom - top)


def axes(spans: Sequence[tuple[str, str]], values: Iterable[Decimal], frame: tuple[float, float, float, float]) -> Axes:
    """Scales that hold every one of `spans` (from, until) and `values` in `frame` (left, right, top, bottom)."""
    start = min(from_text(since) for since, _ in spans)
    end = max(from_text(until) for _, until in spans)
    if start == end:
        start, end = start - timedelta(hours=1), end + timedelta(hours=1)
    middle = start + (end - start) / 2
    form = "%H:%M" if end - start <= timedelta(days=2) else "%d %b"
    places = ((start, "start"), (middle, "middle"), (end, "end"))
    times = tuple(
        (_across(at, start, end, frame), f"{at:{form}}".lstrip("0") if form == "%d %b" else f"{at:{form}} UTC", anchor)
        for at, anchor in places
    )
    return Axes(start, end, ticks(list(values)), frame, times)


def ticks(values: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Round values in equal steps of 1, 2 or 5 times a power of ten, the first at or below all `values` and the last
    at or above them."""
    low, high = min(values), max(values)
    if 0 <= low < FROM_ZERO_BELOW * high or low == high:
        low, high = min(low, Decimal(0)), max(high, Decimal(0))
    if low == high:
        high = low + 1
    step = _round_step((high - low) / MOST_TICKS)
    first, last = math.floor(low / step), math.ceil(high / step)
    return tuple(step * count for count in range(first, last + 1))


def number(value: Decimal) -> str:
    """A value with three figures that count: `5.71`, `0.353`, `1200`, `-3.2`."""
    if value == 0:
        return "0"
    places = max(0, 2 - value.adjusted())
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _round_step(least: Decimal) -> Decimal:
    """The smallest of 1, 2 or 5 times a power of ten that is at least `least` (above zero)."""
    power = Decimal(10) ** least.adjusted()
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least)


def _across(moment: datetime, start: datetime, end: datetime, frame: tuple[float, float, float, float]) -> float:
    left, right, _, _ = frame
    return left + (moment - start) / (end - start) * (right - left)
