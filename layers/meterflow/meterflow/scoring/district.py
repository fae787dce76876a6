"""A district's losses: its inlet against the sum of its meters, over a day and in the quiet hours of the night.

The water balance is that of the International Water Association (Alegre and others, "Performance indicators for water
supply services", 2006): what flows in, less what meters count, is non-revenue water. By night, when meters count
little, it is told apart: minimum night flow less legitimate night use is leakage. Without meters that can be read by
night, legitimate use is an assumption: 1.7 litres an hour and household (UK Water Industry Research, "Estimating
legitimate non-household night use allowances", 1994, and later practice; set `per_household` for the place).
Pressure is lower by day, and leaks with it: a night's leakage counts for about 20 hours of a day (`night_day_factor`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from meterflow.scoring.night import Night, UsualNight, usual_night

# Litres an hour and household that are used by night and not lost.
PER_HOUSEHOLD = 1.7
# Hours a day for which the night's leakage stands.
NIGHT_DAY_FACTOR = 20.0
# A night tells of a new leak from so many spreads above the usual one, and from this share of it.
SPREADS = 4.0
LEAST_SHARE = 0.1
# One loud night is a fire hydrant or a filled pool: it takes this many in a row.
NIGHTS_IN_A_ROW = 2


@dataclass(frozen=True, slots=True)
class Balance:
    """A district over one period, in the meter's unit. `share` is loss over inflow, None without inflow.

    `loss` may be negative: then a meter counts what comes from elsewhere, or the inlet's meter counts too little.
    """

    inflow: float
    metered: float
    loss: float
    share: float | None
    missing_meters: int


def water_balance(inflow: float, metered: Sequence[float | None]) -> Balance:
    """`inflow` against the meters' use in the same period; None for a meter that was not read.

    A missing meter is taken at the mean of the others, so that a lost radio is no leak; all missing: nothing metered.
    """
    read = [used for used in metered if used is not None]
    missing = len(metered) - len(read)
    total = sum(read) + (missing * sum(read) / len(read) if read else 0.0)
    loss = inflow - total
    return Balance(inflow, total, loss, loss / inflow if inflow > 0 else None, missing)


@dataclass(frozen=True, slots=True)
class NightLoss:
    """Leakage by night in units an hour, and what it makes a day."""

    night_flow: float
    legitimate: float
    leakage: float
    a_day: float


def night_loss(
    inlet: Night,
    *,
    metered: float | None = None,
    households: int = 0,
    per_household: float = PER_HOUSEHOLD,
    night_day_factor: float = NIGHT_DAY_FACTOR,
) -> NightLoss:
    """Leakage of a district in one night: the inlet's flow less legitimate use.

    Legitimate use is what the district's meters counted in the same hours (`metered`, units an hour), or where they
    cannot be read by night the allowance for its households. Never below zero: less than nothing does not leak.
    """
    legitimate = metered if metered is not None else households * per_household
    leakage = max(0.0, inlet.flow - legitimate)
    return NightLoss(inlet.flow, legitimate, leakage, leakage * night_day_factor)


@dataclass(frozen=True, slots=True)
class DistrictFinding:
    """A new leak in a district: `rate` units an hour above the usual night, for `nights` nights."""

    rate: float
    nights: int
    usual: UsualNight
    sentence: str


def new_leak(inlet: Sequence[Night], unit: str = "litres") -> DistrictFinding | None:
    """Whether the newest nights of a district are above its usual ones; `inlet` oldest first.

    Nights that are above are not part of what they are compared with, so a leak does not become usual by lasting.
    None for no new leak, and where too few nights are known.
    """
    found: tuple[int, UsualNight] | None = None
    for count in range(1, len(inlet)):
        usual = usual_night(inlet[:-count])
        if usual is None:
            break
        least = usual.flow + max(SPREADS * usual.spread, LEAST_SHARE * usual.flow)
        if min(night.flow for night in inlet[-count:]) > least:
            found = count, usual
    if found is None or found[0] < NIGHTS_IN_A_ROW:
        return None
    count, usual = found
    rate = sum(night.flow for night in inlet[-count:]) / count - usual.flow
    sentence = (
        f"Night flow has been {rate:.3g} {unit} an hour above the usual {usual.flow:.3g} for {count} nights, "
        f"since {inlet[-count].day}."
    )
    return DistrictFinding(rate, count, usual, sentence)
