"""Parts of a text message, against the numbers of 3GPP TS 23.038 and 23.040."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterflow.sms import GSM_BASIC, GSM_EXTENSION, Segments, count_segments, plain


def test_the_alphabet_has_the_tables_size() -> None:
    # 128 places less the escape.
    assert len(GSM_BASIC) == 127
    assert len(GSM_EXTENSION) == 10


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Segments("GSM-7", 0, 1)),
        ("a" * 160, Segments("GSM-7", 160, 1)),
        ("a" * 161, Segments("GSM-7", 161, 2)),
        ("a" * 306, Segments("GSM-7", 306, 2)),
        ("a" * 307, Segments("GSM-7", 307, 3)),
        ("€" * 80, Segments("GSM-7", 160, 1)),
        # An escape and its letter stay together, so the first part holds 152 septets only.
        ("a" * 152 + "€" + "a" * 153, Segments("GSM-7", 307, 3)),
        ("a" * 151 + "€" + "a" * 153, Segments("GSM-7", 306, 2)),
        ("ñéùìòàÑÜ", Segments("GSM-7", 8, 1)),
        ("á", Segments("UCS-2", 1, 1)),
        ("á" * 70, Segments("UCS-2", 70, 1)),
        ("á" * 71, Segments("UCS-2", 71, 2)),
        ("😀" * 35, Segments("UCS-2", 70, 1)),
        # A surrogate pair stays together: 33 of them in a part of 67.
        ("😀" * 67, Segments("UCS-2", 134, 3)),
    ],
)
def test_parts(text: str, expected: Segments) -> None:
    assert count_segments(text) == expected


@given(st.text())
def test_a_longer_text_never_takes_fewer_parts(text: str) -> None:
    assert count_segments(text + "a").parts >= count_segments(text).parts


def test_lookalikes_keep_a_message_cheap() -> None:
    assert count_segments("12 m³ – it’s “fine”…").encoding == "UCS-2"
    assert plain("12 m³ – it’s “fine”…") == '12 m3 - it\'s "fine"...'
    assert count_segments(plain("12 m³ – it’s “fine”…")).encoding == "GSM-7"
