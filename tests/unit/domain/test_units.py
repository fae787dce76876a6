"""Units: exact, both ways, and never across quantities."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterflow import units


@pytest.mark.parametrize(
    ("value", "of", "into", "decimals", "expected"),
    [
        ("110000", "l", "m3", 3, "110.000"),
        ("1", "m3", "l", 0, "1000"),
        ("1100", "hl", "m3", 3, "110.000"),
        ("1", "ft3", "m3", 6, "0.028316"),
        ("1000", "gal", "m3", 3, "3.785"),
        ("24.5186", "MWh", "kWh", 1, "24518.6"),
        ("1", "GJ", "kWh", 1, "277.7"),
        ("3.6", "MJ", "kWh", 3, "1.000"),
        ("500", "Wh", "kWh", 1, "0.5"),
        ("1", "MWh", "GJ", 1, "3.6"),
    ],
)
def test_conversions(value: str, of: str, into: str, decimals: int, expected: str) -> None:
    assert units.convert(Decimal(value), of, into, decimals) == Decimal(expected)


@pytest.mark.parametrize(("of", "into"), [("l", "kWh"), ("kWh", "m3"), ("cubits", "m3"), ("m3", "cubits")])
def test_what_measures_something_else(of: str, into: str) -> None:
    assert units.factor(of, into) is None
    with pytest.raises(ValueError, match="not convertible"):
        units.convert(Decimal(1), of, into, 3)


@given(st.decimals("0", "99999", places=3), st.sampled_from(["l", "hl", "m3"]))
def test_there_and_back_is_the_same(value: Decimal, unit: str) -> None:
    there = units.convert(value, "m3", unit, 6)
    assert units.convert(there, unit, "m3", 3) == value


@given(st.decimals("0", "9999999", places=3), st.sampled_from(units.KNOWN_UNITS), st.sampled_from(units.KNOWN_UNITS))
def test_a_conversion_is_cut_and_never_rounded_up(value: Decimal, of: str, into: str) -> None:
    by = units.factor(of, into)
    if by is not None:
        got = units.convert(value, of, into, 2)
        assert 0 <= value * by.numerator - got * by.denominator < Decimal("0.01") * by.denominator
