"""How people and readers misread a register, and what it may have shown instead.

The kinds and their shares are ours: a documented belief, not a measurement; field studies of self-reading agree that
single figures lead and that transposed, dropped and shifted ones follow. They only have to be right in order of
magnitude, because an explanation must dominate before anything follows from it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from meterflow.meter import Meter

# The share of misreadings of each kind; the rest, 0.05, is another meter's value and can be anything.
WRONG_FIGURE, TRANSPOSED, DROPPED, SHIFTED, OTHER_METER = 0.60, 0.12, 0.10, 0.13, 0.05
# How far a point is put wrong: up to three places either way, which takes in litres for cubic metres and Wh for kWh.
SHIFTS = (1, 2, 3)


@dataclass(frozen=True)
class Instead:
    """What the register may have shown, how it became what was sent, and how likely that way is among misreadings.

    `systematic` ways repeat when the same person reads again; a wrong figure does not.
    """

    value: Decimal
    how: str
    share: float
    systematic: bool = False


def instead_of(value: Decimal, meter: Meter) -> Iterator[Instead]:
    """Everything that the register may have shown where `value` was sent, other than `value` itself."""
    places = meter.digits + meter.decimals
    steps = int(value.scaleb(meter.decimals))
    figures = f"{steps:0{places}d}"
    if len(figures) > places:
        return

    def number(text: str) -> Decimal:
        return Decimal(int(text)).scaleb(-meter.decimals)

    for at, figure in enumerate(figures):
        for other in "0123456789":
            if other != figure:
                changed = figures[:at] + other + figures[at + 1 :]
                yield Instead(number(changed), "one figure is wrong", WRONG_FIGURE / (9 * places))
    for at in range(places - 1):
        if figures[at] != figures[at + 1]:
            changed = figures[:at] + figures[at + 1] + figures[at] + figures[at + 2 :]
            yield Instead(number(changed), "two figures are transposed", TRANSPOSED / (places - 1))
    if figures[0] == "0":
        yield from _dropped(figures, number)
    for shift in SHIFTS:
        for exponent in (shift, -shift):
            shifted = value.scaleb(-exponent)
            if 0 < shifted < meter.capacity:
                shown = Decimal(int(shifted.scaleb(meter.decimals))).scaleb(-meter.decimals)
                yield Instead(shown, "the point is misplaced", SHIFTED / (2 * len(SHIFTS)), systematic=True)


def _dropped(figures: str, number: Callable[[str], Decimal]) -> Iterator[Instead]:
    rest, places = figures[1:], len(figures)
    seen = set()
    for at in range(places):
        for figure in "0123456789":
            longer = rest[:at] + figure + rest[at:]
            if longer not in seen:
                seen.add(longer)
                yield Instead(number(longer), "a figure is missing", DROPPED / places)
