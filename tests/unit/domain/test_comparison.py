"""The verdict on a submitted value."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterflow.comparison import SURE, Submitted, compare, other_serial_seen
from meterflow.register import Candidate, Word

BOX = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def seen(reading: str = "06376.341", confidence: float = 0.9, *reasons: str) -> Candidate:
    return Candidate(reading, confidence, tuple(reasons), (0,))


def words(*texts: str, sure: float = 0.97) -> list[Word]:
    # The first word is the register that the candidates above are made of.
    return [Word("06376341", sure, BOX), *(Word(text, sure, BOX) for text in texts)]


@pytest.mark.parametrize("value", ["06376.341", "6376.341", "6376.34", "6376.3", "6376"])
def test_equal_figures_match_to_the_places_that_were_submitted(value: str) -> None:
    result = compare(Submitted(value), [seen()], words())
    assert (result.verdict, result.reading, result.reasons) == ("MATCH", "06376.341", ())


@pytest.mark.parametrize("value", ["06376.342", "06376.340"])
def test_the_last_wheel_may_be_turning(value: str) -> None:
    result = compare(Submitted(value), [seen()], words())
    assert (result.verdict, result.reasons) == ("MATCH", ("last_digit_turning",))


def test_turning_carries_over() -> None:
    assert compare(Submitted("1340.000"), [seen("01339.999")], words()).verdict == "MATCH"


@pytest.mark.parametrize(
    "value", ["6376.343", "6377", "6375", "6376.000", "63763.41", "637.634", "6376.35", "6476.341", "6376.3411"]
)
def test_other_figures_do_not_match(value: str) -> None:
    result = compare(Submitted(value), [seen()], words())
    assert (result.verdict, result.reasons[0]) == ("MISMATCH", "digits_differ")


def test_a_wheel_before_the_point_has_no_tolerance() -> None:
    assert compare(Submitted("753357"), [seen("0753356")], words()).verdict == "MISMATCH"


def test_nothing_seen_is_unreadable_with_the_pictures_faults() -> None:
    result = compare(Submitted("1"), [], words(), ("dark", "blurred"))
    assert (result.verdict, result.reading, result.reasons) == ("UNREADABLE", None, ("dark", "blurred", "no_meter"))


def test_an_unsure_candidate_never_matches() -> None:
    result = compare(Submitted("06376.341"), [seen(confidence=SURE - 0.01)], words())
    assert (result.verdict, result.reasons) == ("UNREADABLE", ("not_sure",))
    missing = compare(Submitted("06376.341"), [seen("06376.34", 0.4, "digits_missing")], words())
    assert (missing.verdict, missing.reasons) == ("UNREADABLE", ("digits_missing",))


def test_a_much_less_sure_candidate_does_not_match() -> None:
    both = [seen("01111.111", 0.99), seen("06376.341", 0.76)]
    assert compare(Submitted("06376.341"), both, words()).verdict == "MISMATCH"
    near = [seen("01111.111", 0.95), seen("06376.341", 0.9)]
    assert compare(Submitted("06376.341"), near, words()).verdict == "MATCH"


def test_a_reading_below_the_last_one_is_likely_misread() -> None:
    below = compare(Submitted("1340.077", previous_value="1339.5"), [seen("01320.077")], words())
    assert (below.verdict, below.reasons) == ("UNREADABLE", ("below_previous",))
    same = compare(Submitted("6376.341", previous_value="6376.341"), [seen()], words())
    assert same.verdict == "MATCH"
    finer = compare(Submitted("6376", previous_value="6376.9"), [seen("06376")], words())
    assert finer.verdict == "MATCH"


def test_another_meters_number_is_a_mismatch_even_where_the_figures_match() -> None:
    submitted = Submitted("06376.341", serial_number="SWM 601399")
    result = compare(submitted, [seen()], words("SWM747213"))
    assert (result.verdict, result.reasons) == ("MISMATCH", ("wrong_meter",))


@pytest.mark.parametrize(
    ("own", "face", "other"),
    [
        ("SWM601399", ["SWM-601399"], False),
        ("SWM601399", ["SWM601398"], False),
        ("SWM601399", ["SWM747213", "SWM601399"], False),
        ("SWM601399", ["SWM747213"], True),
        ("SWM601399", ["747213"], False),
        ("SWM601399", ["BKG747213"], True),
        ("1234", ["9876"], False),
        ("", ["SWM747213"], False),
        (None, ["SWM747213"], False),
        ("ABCDEFG", ["HIJKLMN"], False),
    ],
)
def test_other_serial_numbers(own: str | None, face: list[str], other: bool) -> None:
    assert other_serial_seen(own, words(*face)) is other


def test_a_blurred_serial_number_says_nothing() -> None:
    assert not other_serial_seen("SWM601399", [Word("SWM747213", 0.85, BOX)])


values = st.decimals(min_value=0, max_value=Decimal("99999.999"), places=3, allow_nan=False, allow_infinity=False)


@given(values, values)
def test_a_match_never_lies_more_than_one_step_of_the_last_wheel_away(shown: Decimal, said: Decimal) -> None:
    result = compare(Submitted(f"{said:.3f}"), [seen(f"{shown:.3f}")], words())
    assert (result.verdict == "MATCH") == (abs(shown - said) <= Decimal("0.001"))
