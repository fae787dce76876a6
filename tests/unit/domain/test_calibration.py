"""The chance of a reading: a logistic of its evidence."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterflow.calibration import chance, terms

share = st.floats(0, 1)


def test_even_evidence_has_even_odds() -> None:
    evidence = terms(0.5, 0.5, 0.5, 0.0, 0.0)
    assert evidence == pytest.approx([1, 0, 0, 0, 0, 0])
    assert chance([0, 1, 1, 1, 1, 1], evidence) == 0.5
    assert chance([math.log(3), 1, 1, 1, 1, 1], evidence) == pytest.approx(0.75)


@given(share, share, share, share, share, share)
def test_surer_evidence_is_never_less_likely(a: float, b: float, c: float, d: float, e: float, more: float) -> None:
    low, high = sorted((a, more))
    weights = [-1.0, 0.7, 0.5, 0.4, 0.3, 0.1]
    assert 0 < chance(weights, terms(low, b, c, d, e)) <= chance(weights, terms(high, b, c, d, e)) < 1


def test_weights_of_another_evidence_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        chance([1.0, 2.0], terms(0.5, 0.5, 0.5, 0.5, 0.5))
