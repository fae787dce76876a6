"""Joint decoding of a register: the gears, the point, the meter's figures, history; and what never happens."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterflow.digits import LEAST_SEEN, SYMBOLS, Place, Reading, decode
from meterflow.gears import shown


def place(
    symbol: str, sure: float = 0.98, decimal: float = 0.5, there: float = 1.0, others: dict[int, float] | None = None
) -> Place:
    """A place that shows `symbol`: "7", or "7/8" for a wheel between 7 and 8. `others` are the odds of other figures;
    what remains is spread over everything."""
    kind = 10 + int(symbol[0]) if "/" in symbol else int(symbol)
    odds = [0.0] * SYMBOLS
    for figure, share in (others or {}).items():
        odds[figure] = share
    odds[kind] = sure
    rest = (1 - sum(odds)) / SYMBOLS
    return Place(tuple(share + rest for share in odds), there, decimal)


def row(symbols: str, decimals: int | None = None, sure: float = 0.98) -> list[Place]:
    """Places from "0 1 3 4 7/8"; the last `decimals` are red, or the colour says nothing."""
    shown_ = symbols.split()
    whole = len(shown_) - (decimals or 0)
    return [
        place(symbol, sure, 0.5 if decimals is None else 0.97 if at >= whole else 0.03)
        for at, symbol in enumerate(shown_)
    ]


def best(places: Sequence[Place], digits: int | None = None, decimals: int | None = None) -> str | None:
    found = decode(places, None, digits, decimals)
    return found[0].text if found else None


@pytest.mark.parametrize(
    ("symbols", "count"),
    [
        ("0 1 3 4", "0134"),
        ("0 1 3 7/8", "0137"),  # the last wheel counts what leaves
        ("0 1 3/4 9", "0139"),  # the right wheel has not passed 0: still 3
        ("0 1 3/4 0", "0140"),  # it has passed: 4 already
        ("0 1 3/4 1", "0141"),  # with much play
        ("0 1 3/4 8", "0138"),  # early
        ("0 1 3/4 9/0", "0139"),  # both are under way
        ("0 4/5 9/0 9/0", "0499"),
        ("0 4/5 9/0 0", "0500"),  # the last has passed: all have
        ("9/0 9/0 9/0 9/0", "9999"),
        ("9/0 9/0 9/0 0", "0000"),
        ("0/1 9/0 9/0 9", "0999"),
        ("2 0 0 0", "2000"),
        ("1 9 9 9", "1999"),
    ],
)
def test_wheels_between_two_figures_are_repaired_from_the_right(symbols: str, count: str) -> None:
    assert best(row(symbols), len(count), 0) == count


def test_a_lone_wheel_between_two_figures_is_no_sure_reading() -> None:
    [first, second] = decode(row("0 1 3 7/8"), None, 4, 0)[:2]
    assert (first.text, second.text) == ("0137", "0138")
    assert 0.6 < first.odds < 0.95
    assert first.figures[-1].between
    assert first.figures[-1].alternatives[0][0] == 8


def test_the_carry_makes_a_wheel_between_two_figures_surer() -> None:
    alone = decode(row("0 1 7/8 5"), None, 4, 0)[0].odds
    carried = decode(row("0 1 7/8 9"), None, 4, 0)[0].odds
    assert carried > alone


@pytest.mark.parametrize(
    ("digits", "decimals", "text"),
    [
        (5, 3, "01340.077"),
        (5, None, "01340.077"),
        (None, 3, "01340.077"),
        (None, None, "01340.077"),
        (5, 1, "01340.0"),
        (5, 0, "01340"),
    ],
)
def test_red_wheels_are_decimals(digits: int | None, decimals: int | None, text: str) -> None:
    assert best(row("0 1 3 4 0 0 7 7", decimals=3), digits, decimals) == text


def test_without_colour_the_meter_says_where_the_point_is() -> None:
    assert best(row("0 1 3 4 0 0 7 7"), 5, 3) == "01340.077"


def test_a_seen_point_settles_the_places_where_nothing_is_known() -> None:
    places = row("0 6 1 9 1")
    assert decode(places, [0, 0, 0, 0, 0.97])[0].text == "0619.1"


def test_a_point_that_is_half_seen_and_coloured_figures_outweigh_the_usual_layout() -> None:
    places = [place(symbol, decimal=share) for symbol, share in zip("39877", (0.02, 0.03, 0.5, 0.4, 0.5), strict=True)]
    assert decode(places, [0, 0, 0.35, 0.01, 0.03])[0].text == "39.877"


def test_a_guessed_point_is_named_and_a_told_one_is_not() -> None:
    guessed = decode(row("0 2 9 2 4 7 4 4"))[0]
    told = decode(row("0 2 9 2 4 7 4 4", decimals=3), [0, 0, 0, 0, 0, 0.6, 0, 0])[0]
    assert (guessed.text, told.text) == ("02924.744", "02924.744")
    assert "point_not_seen" in guessed.reasons
    assert "point_not_seen" not in told.reasons
    assert "point_not_seen" not in decode(row("0 2 9 2 4 7 4 4"), None, 5, 3)[0].reasons


def test_no_visible_point_does_not_forbid_one() -> None:
    assert decode(row("0 1 3 4 0 0 7 7", decimals=3), [0.0] * 8)[0].text == "01340.077"


@pytest.mark.parametrize(
    ("symbols", "text"), [("0 2 9 2 4 7 4 4", "02924.744"), ("0 0 4 5 2", "00452"), ("0 2 9 1", "0291")]
)
def test_where_nothing_tells_the_usual_faces_do(symbols: str, text: str) -> None:
    [first, second] = decode(row(symbols))[:2]
    assert first.text == text
    assert first.odds < 0.9
    assert first.odds > second.odds


def test_further_wheels_are_named() -> None:
    [first, *_] = decode(row("0 0 4 1 2 8 5 0", decimals=3), None, 5, 1)
    assert (first.text, first.reasons) == ("00412.8", ("further_wheel",))


def test_a_display_may_leave_leading_zeros_out() -> None:
    [first, *_] = decode(row("1 7 5 5", decimals=1), None, 5, 1)
    assert (first.text, first.reasons) == ("175.5", ("digits_missing",))


def test_more_whole_figures_than_the_meter_has_are_no_sure_reading() -> None:
    assert all(reading.odds < 0.2 for reading in decode(row("0 1 3 4 5 6", decimals=0), None, 4, 0))


def test_nothing_seen_is_no_reading() -> None:
    assert decode([]) == []


def test_a_doubtful_place_is_left_out_where_the_meter_has_no_room_for_it() -> None:
    places = row("0 1 3 4")
    places.insert(2, place("1", 0.4, there=0.4))
    assert best(places, 4, 0) == "0134"


def test_history_settles_a_doubt_between_figures_that_are_seen() -> None:
    places = row("0 1 3 4")
    places[1] = place("7", 0.55, others={1: 0.43})
    assert decode(places, None, 4, 0)[0].text == "0734"
    settled = decode(places, None, 4, 0, Decimal(120), Decimal(50))[0]
    assert settled.text == "0134"
    assert settled.odds > 0.7


def test_history_never_makes_a_figure_that_is_not_seen() -> None:
    found = decode(row("0 7 3 4", sure=0.999), None, 4, 0, Decimal(120), Decimal(50), limit=50)
    assert found[0].text == "0734"
    assert all(reading.text[1] != "1" for reading in found if len(reading.text) == 4)


def test_a_register_that_rolled_over_is_likelier_than_one_that_went_back() -> None:
    places = row("0 0 0 3")
    places[0] = place("0", 0.5, others={8: 0.48})
    found = decode(places, None, 4, 0, Decimal(9990), Decimal(40))
    assert found[0].text == "0003"


def test_an_unreadable_figure_leaves_nothing_sure() -> None:
    places = row("0 1 3 4")
    places[2] = Place((0.0,) * 20 + (1.0,))
    assert decode(places, None, 4, 0)[0].odds < 0.2


def test_the_gears_odds_are_whole() -> None:
    for count in range(10):
        for right in (None, *range(10)):
            for turning in (False, True):
                assert sum(odds for _, odds in shown(count, right, turning)) == pytest.approx(1)


odds_of_a_place = st.lists(st.floats(0, 1), min_size=SYMBOLS, max_size=SYMBOLS).filter(lambda odds: sum(odds) > 0.01)
any_place = st.builds(
    lambda odds, there, decimal: Place(tuple(share / sum(odds) for share in odds), there, decimal),
    odds_of_a_place,
    st.floats(0, 1),
    st.floats(0, 1),
)
peaked = st.builds(
    lambda figure, sure, decimal: place(str(figure), sure, decimal),
    st.integers(0, 9),
    st.floats(0.9, 0.999),
    st.floats(0, 1),
)
figures_or_none = st.none() | st.integers(1, 6)


def sane(found: list[Reading]) -> None:
    assert sum(reading.odds for reading in found) <= 1 + 1e-6
    assert [reading.odds for reading in found] == sorted((reading.odds for reading in found), reverse=True)
    assert len({reading.text for reading in found}) == len(found)
    for reading in found:
        assert reading.value == Decimal(reading.text)
        assert "".join(str(figure.figure) for figure in reading.figures) == reading.text.replace(".", "")
        for figure in reading.figures:
            assert 0 <= figure.odds <= 1
            assert figure.odds >= reading.odds - 1e-6
            assert figure.figure not in dict(figure.alternatives)


@given(st.lists(any_place, max_size=6), figures_or_none, st.none() | st.integers(0, 3))
def test_any_odds_give_sane_readings(places: list[Place], digits: int | None, decimals: int | None) -> None:
    found = decode(places, None, digits, decimals)
    sane(found)
    for reading in found:
        whole, _, part = reading.text.partition(".")
        assert digits is None or len(whole) <= digits
        assert decimals is None or len(part) <= decimals


@given(
    st.lists(peaked, min_size=4, max_size=8),
    st.decimals(0, 99999, places=1),
    st.none() | st.decimals(0, 5000, places=1),
)
def test_history_never_makes_and_never_loses_a_clear_reading(
    places: list[Place], previous: Decimal, most: Decimal | None
) -> None:
    found = decode(places, None, len(places), 0, previous, most, limit=40)
    sane(found)
    for reading in found:
        for at, figure in enumerate(reading.figures):
            assert places[at].count_odds()[figure.figure] >= LEAST_SEEN
    clear = "".join(str(max(range(10), key=lambda figure: seen.symbols[figure])) for seen in places)
    if all(max(seen.symbols) > 0.99 for seen in places):
        assert clear in {reading.text for reading in found}


@given(st.integers(0, 99999), st.floats(0, 0.19))
def test_what_real_gears_show_is_read_back(count: int, turned: float) -> None:
    symbols = " ".join(f"{count:05d}")
    assert best(row(symbols), 5, 0) == f"{count:05d}"
    assert turned < 0.2


@given(st.integers(0, 99999))
def test_a_register_in_the_middle_of_every_carry_is_read_back(count: int) -> None:
    """The last wheel is half-way to the next figure, and so is every wheel with only nines to its right."""
    figures = f"{count:05d}"
    symbols = []
    for at, figure in enumerate(figures):
        carried = all(right == "9" for right in figures[at + 1 :])
        symbols.append(f"{figure}/{(int(figure) + 1) % 10}" if carried else figure)
    assert best(row(" ".join(symbols)), 5, 0) == figures


@given(st.lists(peaked, min_size=4, max_size=7))
def test_knowing_the_meter_changes_no_figure_that_was_clear(places: list[Place]) -> None:
    free = decode(places)[0]
    whole, _, part = free.text.partition(".")
    assert decode(places, None, len(whole), len(part))[0].text == free.text
