"""Joint decoding of a register: from the odds of what is seen at each place to the readings it can stand for.

A reader says for every place of a register how likely each figure is, whether a wheel is between two figures, whether
there is a figure at all and whether it stands behind the point. Here all of it is put together with what is known
of the meter: the gears (`meterflow.gears`), its digits and decimals, and its history. All odds are shares of 0..1,
and those of the whole are the product of the parts: the parts are taken as independent given the register.

History is a weak witness, with a heavy tail: it can settle a doubt between figures that are seen, but a figure that is
hardly seen (`LEAST_SEEN`) is never made, and an impossible reading that is clearly seen stays the first.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from meterflow.gears import shown
from meterflow.point import LAYOUTS, POINT_TOLD, point_odds

# Symbols of one place: ten settled figures, ten between d and d + 1, one that nobody can read.
SETTLED, BETWEEN, UNREADABLE, SYMBOLS = range(10), range(10, 20), 20, 21
# A figure with smaller odds at its place is not seen.
LEAST_SEEN = 0.004
# Readings kept while decoding, and how many places may be doubtful as such.
BEAM, MOST_DOUBTFUL = 64, 4
# A place this sure is taken as there (or not there) without asking further.
CLEARLY = 0.985
# Without a meter at hand: how usual a register of so many figures is.
LENGTHS = {3: 0.1, 4: 0.5, 5: 1.0, 6: 1.0, 7: 1.0, 8: 1.0, 9: 0.5, 10: 0.1}
# Figures that the meter has and the photo does not show: a display leaves leading zeros out, a counter does not.
BLANK_LEADING, MISSING = 0.6, 0.01
# Each wheel more than the meter is known for is a further decimal: usual, less likely with each.
FURTHER = 0.8
# That the register is cut in no way listed: what the odds of an unusual cut have to stand against.
NO_FORM = 0.02
# Outside of what the meter can have counted: odds against, and how they fall with the distance.
OUTSIDE, FARTHEST = 0.05, 0.002


@dataclass(frozen=True)
class Place:
    """One place of the register from left to right: `symbols` are SYMBOLS odds that add up to one, `there` the odds
    that a figure stands here, `decimal` that it is behind the point (0.5: nothing says so)."""

    symbols: tuple[float, ...]
    there: float = 1.0
    decimal: float = 0.5

    def count_odds(self) -> list[float]:
        """Odds of each figure when a place between two figures may be either."""
        rest = self.symbols[UNREADABLE] / 10
        return [self.symbols[d] + self.symbols[10 + d] + self.symbols[10 + (d - 1) % 10] + rest for d in range(10)]


@dataclass(frozen=True)
class Figure:
    """One figure of a reading: its odds, the other figures that it can be, and whether its wheel was between two."""

    figure: int
    odds: float
    alternatives: tuple[tuple[int, float], ...] = ()
    between: bool = False


@dataclass(frozen=True)
class Reading:
    """What the register can stand for. `text` keeps leading zeros and has a point where there are decimals; `reasons`
    name what the count of figures says against it."""

    text: str
    odds: float
    figures: tuple[Figure, ...]
    reasons: tuple[str, ...] = ()

    @property
    def value(self) -> Decimal:
        return Decimal(self.text)


@dataclass(frozen=True)
class _Form:
    """A way to cut the places: `places` are those that count, `whole` of them before the point."""

    places: tuple[int, ...]
    whole: int
    decimals: int
    odds: float
    reasons: tuple[str, ...]


def decode(
    places: Sequence[Place],
    points: Sequence[float] | None = None,
    digits: int | None = None,
    decimals: int | None = None,
    previous: Decimal | None = None,
    most: Decimal | None = None,
    limit: int = 5,
) -> list[Reading]:
    """The readings that the register can stand for, the likeliest first; their odds add up to at most one.

    `points` are the odds of a visible point before each place (as many as places). `digits` figures stand before
    the meter's point and `decimals` after it, either may be unknown; `previous` is the last accepted value and `most`
    what the meter can have counted since.
    """
    forms = _forms(places, points or [0.0] * len(places), digits, decimals)
    found: dict[tuple[str, tuple[int, ...], tuple[str, ...]], float] = defaultdict(float)
    missed = 1 - sum(form.odds for form in forms)
    counts: dict[tuple[int, ...], tuple[list[tuple[str, float]], float]] = {}
    for form in forms:
        if form.places not in counts:
            counts[form.places] = _counts([places[at] for at in form.places])
        texts, rest = counts[form.places]
        missed += form.odds * rest
        for text, odds in texts:
            shape = text[: form.whole + form.decimals]
            written = f"{shape[: form.whole]}.{shape[form.whole :]}" if form.decimals else shape
            weight = _history(Decimal(written), form.whole, digits, previous, most)
            found[written, form.places[: len(shape)], form.reasons] += form.odds * odds * weight
    total = sum(found.values()) + missed
    if total <= 0:
        return []
    merged = _merge(found)
    ranked = sorted(merged.items(), key=lambda item: (-item[1][0], item[0]))
    return [
        _reading(text, odds, used, reasons, merged, places, total) for text, (odds, used, reasons) in ranked[:limit]
    ]


def _merge(
    found: dict[tuple[str, tuple[int, ...], tuple[str, ...]], float],
) -> dict[str, tuple[float, tuple[int, ...], tuple[str, ...]]]:
    """Odds of each text, with the places and reasons of its likeliest way."""
    best: dict[str, tuple[float, tuple[int, ...], tuple[str, ...]]] = {}
    sums: dict[str, float] = defaultdict(float)
    for (text, used, reasons), odds in found.items():
        sums[text] += odds
        if text not in best or best[text][0] < odds:
            best[text] = (odds, used, reasons)
    return {text: (sums[text], used, reasons) for text, (_, used, reasons) in best.items()}


def _reading(
    text: str,
    odds: float,
    used: tuple[int, ...],
    reasons: tuple[str, ...],
    merged: dict[str, tuple[float, tuple[int, ...], tuple[str, ...]]],
    places: Sequence[Place],
    total: float,
) -> Reading:
    plain = text.replace(".", "")
    at_place: list[dict[int, float]] = [defaultdict(float) for _ in plain]
    for other, (share, other_used, _) in merged.items():
        if other_used == used and len(other) == len(text):
            for at, sign in enumerate(other.replace(".", "")):
                at_place[at][int(sign)] += share / total
    figures = []
    for at, sign in enumerate(plain):
        others = sorted(
            ((figure, share) for figure, share in at_place[at].items() if figure != int(sign)),
            key=lambda pair: -pair[1],
        )
        seen = places[used[at]].symbols
        between = sum(seen[symbol] for symbol in BETWEEN) > 0.5
        figures.append(Figure(int(sign), min(1.0, at_place[at][int(sign)]), tuple(others[:3]), between))
    return Reading(text, min(1.0, odds / total), tuple(figures), reasons)


def _forms(places: Sequence[Place], points: Sequence[float], digits: int | None, decimals: int | None) -> list[_Form]:
    """The ways to cut the places into a whole and a decimal part, with odds that add up to less than one: the less the
    count of figures suits the meter, the likelier none of them is right."""
    forms = [
        form
        for used, odds in _subsets(places)
        if used
        for form in _cuts(used, odds, places, points, digits, decimals)
        if form.odds > 1e-9
    ]
    total = sum(form.odds for form in forms) + NO_FORM
    best = sorted(forms, key=lambda form: -form.odds)[:12]
    return [_Form(form.places, form.whole, form.decimals, form.odds / total, form.reasons) for form in best]


def _subsets(places: Sequence[Place]) -> Iterable[tuple[tuple[int, ...], float]]:
    """Which places count, with odds: the clear ones are settled, the most doubtful ones are tried both ways."""
    by_doubt = sorted(range(len(places)), key=lambda at: abs(places[at].there - 0.5))
    open_ones = [at for at in by_doubt[:MOST_DOUBTFUL] if 1 - CLEARLY < places[at].there < CLEARLY]
    fixed = {at for at in range(len(places)) if at not in open_ones and places[at].there >= 0.5}
    for choice in product((True, False), repeat=len(open_ones)):
        odds = math.prod(
            places[at].there if taken else 1 - places[at].there for at, taken in zip(open_ones, choice, strict=True)
        )
        used = fixed | {at for at, taken in zip(open_ones, choice, strict=True) if taken}
        yield tuple(sorted(used)), odds


def _cuts(
    used: tuple[int, ...],
    odds: float,
    places: Sequence[Place],
    points: Sequence[float],
    digits: int | None,
    decimals: int | None,
) -> Iterable[_Form]:
    usual = LAYOUTS.get(len(used), {}) if digits is None and decimals is None else None
    colours, visible = [places[at].decimal for at in used], [points[at] for at in used]
    seen = point_odds(colours, visible, usual)
    told = seen if usual is None else point_odds(colours, visible, None)
    for whole, share in seen.items():
        behind = len(used) - whole
        factor, reasons = 1.0, []
        if usual is not None and told[whole] < POINT_TOLD:
            reasons.append("point_not_seen")
        if digits is None:
            factor *= LENGTHS.get(len(used), 0.001)
        elif whole > digits:
            continue
        elif whole < digits:
            # The leading places are blank zeros on a display; on wheels figures are missing.
            rolling = any(sum(places[at].symbols[symbol] for symbol in BETWEEN) > 0.3 for at in used)
            factor *= (
                (MISSING if rolling else BLANK_LEADING * 0.5) ** (digits - whole)
                if share < 0.5
                else MISSING * 3
                if rolling
                else BLANK_LEADING
            )
            reasons.append("digits_missing")
        kept = behind
        if decimals is not None and behind > decimals:
            factor *= FURTHER ** (behind - decimals)
            reasons.append("further_wheel")
            kept = decimals
        elif decimals is not None and behind < decimals:
            factor *= MISSING ** (decimals - behind)
            reasons.append("decimals_not_seen")
        if digits is not None and decimals is not None and whole < digits and behind > decimals:
            # Figures missing on the left and too many on the right: the point would stand in the wrong place.
            factor *= MISSING
        yield _Form(used, whole, kept, odds * share * factor, tuple(reasons))


def _counts(places: Sequence[Place]) -> tuple[list[tuple[str, float]], float]:
    """What the wheels count together, with odds, and the odds of everything not listed. From the right to the left,
    because each wheel is understood from the one to its right."""
    # (text so far, the last wheel's figure, whether it is between two) -> odds
    beam: dict[tuple[str, int | None, bool], float] = {("", None, False): 1.0}
    total = 1.0
    for place in reversed(places):
        blank = place.symbols[UNREADABLE] / 10
        counted = [count for count, odds in enumerate(place.count_odds()) if odds >= LEAST_SEEN]
        grown: dict[tuple[str, int | None, bool], float] = defaultdict(float)
        for (text, right, turning), odds in beam.items():
            for count in counted:
                for (figure, between), share in shown(count, right, turning):
                    seen = place.symbols[10 + figure if between else figure] + blank * share
                    grown[f"{count}{text}", count, between] += odds * share * seen
        total_grown = sum(grown.values())
        hidden = sum(odds for odds in place.count_odds() if odds < LEAST_SEEN)
        kept = sorted(grown.items(), key=lambda item: -item[1])[:BEAM]
        lost = total_grown - sum(odds for _, odds in kept)
        total *= max(1e-12, 1 - min(1.0, hidden)) * (1 - (lost / total_grown if total_grown else 1.0))
        scale = sum(odds for _, odds in kept) or 1.0
        beam = {key: odds / scale for key, odds in kept}
    texts: dict[str, float] = defaultdict(float)
    for (text, _, _), odds in beam.items():
        texts[text] += odds * total
    return list(texts.items()), 1 - total


def _history(value: Decimal, whole: int, digits: int | None, previous: Decimal | None, most: Decimal | None) -> float:
    """How well `value` follows the last accepted one: 1 inside of what the meter can have counted, falling slowly."""
    if previous is None:
        return 1.0
    rise = value - previous
    if rise < 0 and most is not None:
        # Past its last figure a register starts from zero again.
        rolled = rise + Decimal(10) ** (digits or whole)
        if 0 <= rolled <= most:
            return 0.5
    if rise < 0:
        return OUTSIDE
    if most is None or rise <= most:
        return 1.0
    beyond = float(rise / most) if most > 0 else math.inf
    return max(FARTHEST, OUTSIDE / beyond) if beyond > 1 else 1.0
