"""Units of what meters count, and exact conversion between those that measure the same.

Sources: the SI brochure (litre, joule, watt hour: 1 kWh is 3.6 MJ by definition); the international foot of 0.3048 m
and the US gallon of 231 cubic inches (NIST Handbook 44, appendix C) are exact by definition as well.
"""

from decimal import Decimal
from fractions import Fraction

# How much of the quantity's base unit one of each is: cubic metres and kilowatt hours.
VOLUME: dict[str, Fraction] = {
    "m3": Fraction(1),
    "l": Fraction(1, 1000),
    "hl": Fraction(1, 10),
    "ft3": Fraction(3048, 10_000) ** 3,
    "gal": Fraction(231) * Fraction(254, 10_000) ** 3,
}
ENERGY: dict[str, Fraction] = {
    "kWh": Fraction(1),
    "Wh": Fraction(1, 1000),
    "MWh": Fraction(1000),
    "MJ": Fraction(10, 36),
    "GJ": Fraction(10_000, 36),
}
KNOWN_UNITS: tuple[str, ...] = (*VOLUME, *ENERGY)


def factor(of: str, into: str) -> Fraction | None:
    """By what a number in the unit `of` is multiplied to be one in `into`; None where they measure different things."""
    for quantity in (VOLUME, ENERGY):
        if of in quantity and into in quantity:
            return quantity[of] / quantity[into]
    return None


def convert(value: Decimal, of: str, into: str, decimals: int) -> Decimal:
    """`value` in `into`, cut to `decimals` places as a register cuts it. Raises ValueError as `factor` would be None.

    Counted in whole numbers, so that no digit comes from rounding.
    """
    by = factor(of, into)
    if by is None:
        raise ValueError(f"{of} is not convertible into {into}")
    exact = Fraction(value) * by * 10**decimals
    return Decimal(exact.numerator // exact.denominator).scaleb(-decimals)
