"""Values of readings: what is a number, what a register shows, what makes two submissions the same."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterflow import reading
from meterflow.reading import Source

registers = st.tuples(st.integers(3, 9), st.integers(0, 4))


@given(registers, st.data())
def test_what_a_register_shows_reads_back_as_the_same_number(register: tuple[int, int], data: st.DataObject) -> None:
    digits, decimals = register
    steps = data.draw(st.integers(0, 10 ** (digits + decimals) - 1))
    value = Decimal(steps).scaleb(-decimals)
    text = reading.format_value(value, digits, decimals)
    assert reading.parse_value(text) == value
    assert reading.figures(text) == (digits, decimals)


@given(st.text(max_size=20))
def test_parsing_takes_plain_figures_or_raises_value_error(text: str) -> None:
    try:
        value = reading.parse_value(text)
    except ValueError:
        return
    assert text.isascii()
    assert set(text) <= set("0123456789.")
    assert value >= 0
    assert value.is_finite()


@given(registers, st.decimals(allow_nan=True, allow_infinity=True))
def test_formatting_never_shows_a_value_the_register_cannot(register: tuple[int, int], value: Decimal) -> None:
    digits, decimals = register
    try:
        text = reading.format_value(value, digits, decimals)
    except ValueError:
        assert not value.is_finite() or value < 0 or value >= 10**digits
        return
    shown = reading.parse_value(text)
    assert shown <= value < shown + Decimal(1).scaleb(-decimals)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "1 ",
        "1\n",
        "-1",
        "+1",
        "1e3",
        "1,5",
        ".5",
        "5.",
        "1.2.3",
        "NaN",
        "Infinity",
        "٣",
        "1_000",
        "0x1",
        "9" * 13,
    ],
)
def test_malformed_values_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="plain figures"):
        reading.parse_value(text)


def test_the_text_keeps_its_zeros_and_counts_as_a_number() -> None:
    assert reading.parse_value("00123.456") == Decimal("123.456")
    assert reading.figures("00123.456") == (5, 3)
    assert reading.format_value(Decimal("123.4567"), 5, 3) == "00123.456"
    assert reading.format_value(Decimal("7"), 4, 0) == "0007"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-21T09:00:00+01:00", "2026-11-21T08:00:00Z"),
        ("2026-11-21T08:00:00.999Z", "2026-11-21T08:00:00Z"),
        ("2026-11-21T08:00:00Z", "2026-11-21T08:00:00Z"),
    ],
)
def test_times_become_utc_to_the_second(text: str, expected: str) -> None:
    assert reading.normal_time(text) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-21", "2026-11-21T08:00:00", "0001-01-01T00:00:00+14:00"])
def test_times_without_a_moment_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        reading.normal_time(text)


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_comparing_normal_times_as_texts_compares_moments(one: datetime, other: datetime) -> None:
    first, second = one.replace(microsecond=0), other.replace(microsecond=0)
    texts = reading.normal_time(one.isoformat()), reading.normal_time(other.isoformat())
    assert (texts[0] < texts[1]) == (first < second)


def test_the_fingerprint_tells_every_field_apart() -> None:
    body = ("WTR-1", "1", "2026-11-21T08:00:00Z", None)
    others = [
        ("WTR-2", *body[1:]),
        ("WTR-1", "01", *body[2:]),
        (*body[:2], "2026-11-21T08:00:01Z", None),
        (*body[:3], "k"),
    ]
    prints = {reading.fingerprint(*fields) for fields in [body, *others]}
    assert len(prints) == 5
    assert reading.fingerprint(*body) == reading.fingerprint(*body)


def test_a_new_reading_keeps_its_text_and_drops_a_time_that_nobody_can_read() -> None:
    fields = {
        "submission_id": "s",
        "meter_id": "m",
        "value": "00123.456",
        "source": Source.DEVICE,
        "submitted_by": "d",
        "photo_key": None,
        "received_at": datetime(2026, 11, 21, tzinfo=UTC),
    }
    row = reading.new_reading(taken_at="2026-11-21T09:00:00+01:00", **fields)  # type: ignore[arg-type]
    assert (row.value, row.taken_at, row.status, row.quality) == (
        "00123.456",
        "2026-11-21T08:00:00Z",
        "PROCESSING",
        "raw",
    )
    assert reading.new_reading(taken_at="soon", **fields).taken_at == ""  # type: ignore[arg-type]
