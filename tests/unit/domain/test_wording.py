"""Numbers, times and reasons in words."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterflow import wording


@pytest.mark.parametrize(
    ("value", "english", "spanish"),
    [
        ("00123.456", "123.456", "123,456"),
        ("01234.560", "1,234.560", "1234,560"),
        ("1234567", "1,234,567", "1.234.567"),
        ("12345.6", "12,345.6", "12.345,6"),
        ("0", "0", "0"),
        ("000.0", "0.0", "0,0"),
        ("-12.5", "-12.5", "-12,5"),
        ("12a", "12a", "12a"),
        ("1.2.3", "1.2.3", "1.2.3"),
        ("", "", ""),
        ("-", "-", "-"),
        ("١٢", "١٢", "١٢"),
    ],
)
def test_numbers_keep_every_digit(value: str, english: str, spanish: str) -> None:
    assert wording.number(value, "en") == english
    assert wording.number(value, "es") == spanish


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=0, max_value=10**12, places=3))
def test_a_number_can_be_read_back(value: object) -> None:
    assert wording.number(str(value), "en").replace(",", "") == str(value)
    assert wording.number(str(value), "es").replace(".", "").replace(",", ".") == str(value)


def test_times_are_told_where_the_person_is() -> None:
    at = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    assert wording.moment(at, "Europe/Madrid", "en") == "2 July 2026 at 00:30 CEST"
    assert wording.moment(at, "Europe/Madrid", "es") == "2 de julio de 2026 a las 00:30 CEST"
    assert wording.moment(at, "UTC", "en") == "1 July 2026 at 22:30 UTC"


def test_reasons_are_sentences_once_and_never_none() -> None:
    sentences = {"decreasing": "It is lower.", "same": "It is lower.", "unknown": "Something does not fit."}
    assert wording.explain(["decreasing", "same", "for_engineers"], sentences) == ["It is lower."]
    assert wording.explain(["for_engineers"], sentences) == ["Something does not fit."]
    assert wording.explain([], sentences) == ["Something does not fit."]


def test_units_as_people_write_them() -> None:
    assert wording.unit("m3") == "m³"
    assert wording.unit("kWh") == "kWh"
