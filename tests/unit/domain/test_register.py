"""Finding the register among words: what is joined, what is never a reading, and how sure it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterflow.register import Word, find

ASPECT = 1.5


def word(text: str, x: float, y: float = 0.5, height: float = 0.1, sure: float = 0.98, width: float = 0.0) -> Word:
    """A level word that starts at `x`; each sign is 0.6 heights wide unless told."""
    right = x + (width or 0.6 * height * max(len(text), 1))
    return Word(text, sure, ((x, y), (right, y), (right, y + height), (x, y + height)))


def best(words: list[Word], digits: int | None = 5, decimals: int | None = 3, serial: str | None = None) -> str | None:
    found = find(words, ASPECT, digits, decimals, serial)
    return found[0].reading if found else None


def sure(words: list[Word], digits: int | None = 5, decimals: int | None = 3) -> float:
    found = find(words, ASPECT, digits, decimals)
    return found[0].confidence if found else 0.0


def test_one_word_with_every_wheel() -> None:
    assert best([word("01340077", 0.4)]) == "01340.077"
    assert sure([word("01340077", 0.4)]) > 0.85


def test_wheels_read_one_by_one_are_joined() -> None:
    wheels = [word(figure, 0.3 + 0.1 * at) for at, figure in enumerate("01340077")]
    assert best(wheels) == "01340.077"


def test_black_and_red_wheels_apart_are_joined_and_the_unit_is_no_label() -> None:
    words = [word("0637", 0.39), word("6", 0.66, 0.51, 0.07), word("341", 0.72, 0.49, 0.12), word("m³", 1.0, 0.5)]
    assert best(words) == "06376.341"


def test_a_tilted_row_is_joined() -> None:
    def tilted(text: str, start: float) -> Word:
        rise = 0.2  # about 11 degrees
        a, b = start, start + 0.24
        return Word(text, 0.98, ((a, 0.3 + rise * a), (b, 0.3 + rise * b), (b, 0.4 + rise * b), (a, 0.4 + rise * a)))

    assert best([tilted("0134", 0.3), tilted("0077", 0.6)]) == "01340.077"


def test_two_rows_are_not_joined() -> None:
    assert best([word("0134", 0.4, 0.3), word("0077", 0.68, 0.6)]) is None


def test_a_visible_point_settles_the_places() -> None:
    assert best([word("1283.6", 0.4)], 5, 1) == "1283.6"
    assert best([word("1283,6", 0.4)], 5, 1) == "1283.6"
    assert best([word("1283.6kWh", 0.4)], 5, 1) == "1283.6"
    assert best([word("123456.7", 0.4)], 5, 1) is None


def test_exactly_the_decimals_even_if_more_are_visible() -> None:
    assert best([word("02924.744", 0.4)], 5, 2) == "02924.74"
    assert best([word("02924744", 0.4)], 5, 2) == "02924.74"


def test_missing_figures_are_never_sure() -> None:
    for text in ("0134007", "134007", "01340"):
        assert sure([word(text, 0.4)]) <= 0.5, text


def test_letters_taken_for_figures_are_undone_at_a_price() -> None:
    assert best([word("O134OO77", 0.4)]) == "01340.077"
    assert sure([word("0134OO77", 0.4)]) < sure([word("01340077", 0.4)])
    # Half of it letters: that is a word.
    assert best([word("SOBIOO77", 0.4)]) is None


@pytest.mark.parametrize(
    "words",
    [
        [word("No.", 0.3), word("01340077", 0.52)],
        [word("S/N", 0.3), word("01340077", 0.52)],
        [word("SWM", 0.3), word("601399", 0.5)],
        [word("EN", 0.3), word("13592007", 0.45)],
        [word("201301", 0.4), word("(India)", 0.8)],
        [word("9570", 0.4), word("11/13", 0.66)],
        [word("3200", 0.4), word("imp/kWh", 0.4, 0.62)],
        [word("3200", 0.4), word("imp/kWh", 0.7)],
        [word("0,0001", 0.4), word("m³", 0.8)],
        [word("2014", 0.4)],
        [word("1999", 0.4)],
        [word("240V", 0.4)],
        [word("2025-11-07", 0.4)],
        [word("05:23:24", 0.4)],
        [word("Qmin", 0.3), word("0.025", 0.56), word("m³/h", 0.9)],
        [word("1121035306", 0.4)],
        [word("1.2.3", 0.4)],
    ],
    ids=lambda words: " ".join(one.text for one in words),
)
def test_never_a_reading(words: list[Word]) -> None:
    for digits, decimals in ((5, 3), (5, 1), (4, 0)):
        assert best(words, digits, decimals) is None


def test_the_meters_own_serial_number_is_no_reading() -> None:
    assert best([word("13400777", 0.4)], serial="1340-0777") is None
    assert best([word("13400777", 0.4)], serial="99") == "13400.777"


def test_the_tall_row_wins_over_the_small_one() -> None:
    words = [word("11210353", 0.3, 0.1, 0.05), word("01340077", 0.3, 0.4, 0.16)]
    found = find(words, ASPECT, 5, 3)
    assert [one.reading for one in found] == ["01340.077", "11210.353"]
    assert found[1].confidence < 0.6


def test_a_row_at_the_edge_may_go_on_outside() -> None:
    found = find([word("0772.9", 0.0)], ASPECT, 5, 1)
    assert "cut_off" in found[0].reasons
    assert find([word("1340077", 0.0)], ASPECT, 5, 3)[0].confidence < 0.3


def test_without_the_meter_a_reading_is_a_guess() -> None:
    found = find([word("01340077", 0.4)], ASPECT)
    assert (found[0].reading, found[0].reasons) == ("01340077", ("point_not_seen",))


def test_nothing_gives_nothing() -> None:
    assert find([], ASPECT, 5, 3) == []


words_of_strangers = st.lists(
    st.builds(
        Word,
        st.text(max_size=30) | st.from_regex(r"[0-9OISB.,]{1,14}", fullmatch=True),
        st.floats(0, 1),
        st.tuples(*[st.tuples(st.floats(-2, 3), st.floats(-2, 3))] * 4),
    ),
    max_size=12,
)


@given(words_of_strangers, st.integers(3, 9), st.integers(0, 4))
def test_whatever_is_painted_on_a_photo_the_answer_is_a_reading_of_the_register(
    words: list[Word], digits: int, decimals: int
) -> None:
    for one in find(words, ASPECT, digits, decimals):
        whole, _, fraction = one.reading.partition(".")
        assert 0 <= one.confidence <= 1
        assert whole.isascii()
        assert whole.isdigit()
        assert len(whole) <= digits
        assert fraction == "" or (fraction.isdigit() and len(fraction) <= decimals)
