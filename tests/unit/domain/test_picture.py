"""When a picture counts as faulty, from numbers alone; the numbers of real and degraded pictures are tested with the
function that measures them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterflow import picture
from meterflow.photo import Fault
from meterflow.picture import MEASURED_SIDE, REBLUR, TILE, Measures, blur_radius, faults, faults_at, percentile

COLUMNS, ROWS = 32, 24
# A register in the middle: half a photo wide and a tenth high, in photo heights (the photo is 4 : 3).
CORNERS = ((0.4, 0.45), (0.9, 0.45), (0.9, 0.55), (0.4, 0.55))


def measured(**changes: object) -> Measures:
    """A good picture of 1024 x 768."""
    good = {
        "width": COLUMNS * TILE,
        "height": ROWS * TILE,
        "kept_height": 1536,
        "bright": 200.0,
        "blur": 1.0,
        "columns": COLUMNS,
        "lost": "0" * COLUMNS * ROWS,
        "greys": "80" * COLUMNS * ROWS,
    }
    return Measures.model_validate(good | changes)


def test_a_good_picture_has_no_fault() -> None:
    assert faults(measured()) == ()
    assert faults_at(measured(), CORNERS) == ()


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"bright": 59.0}, Fault.DARK),
        ({"lost": "1" * (COLUMNS * ROWS * 4 // 5) + "0" * (COLUMNS * ROWS - COLUMNS * ROWS * 4 // 5)}, Fault.GLARE),
        ({"blur": 6.1}, Fault.BLURRED),
    ],
)
def test_faults_of_the_whole(changes: dict[str, object], fault: Fault) -> None:
    assert faults(measured(**changes)) == (fault,)


def tiles(value: str, other: str, columns: range, rows: range) -> str:
    """A grid that holds `value` in a box and `other` elsewhere."""
    return "".join(value if x in columns and y in rows else other for y in range(ROWS) for x in range(COLUMNS))


# The tiles that CORNERS touch: 0.4 * 768 / 32 = 9.6 to 21.6 across, 10.8 to 13.2 down.
PLACE = (range(9, 22), range(10, 14))


def test_a_flash_on_the_wheels_of_a_good_photo_is_glare() -> None:
    spoiled = measured(lost=tiles("1", "0", *PLACE))
    assert faults(spoiled) == ()
    assert faults_at(spoiled, CORNERS) == (Fault.GLARE,)


def test_a_lit_dial_in_a_dark_cellar_is_fine() -> None:
    lit = measured(greys=tiles("80", "05", *PLACE))
    assert faults_at(lit, CORNERS) == ()
    against_the_window = measured(greys=tiles("10", "f0", *PLACE))
    assert faults_at(against_the_window, CORNERS) == (Fault.DARK,)


def test_blur_counts_against_the_registers_size() -> None:
    """The register of CORNERS is 77 pixels high: 15 % of that is 11.5. A tenth of that register bears a tenth."""
    soft = measured(blur=5.0)
    assert faults_at(soft, CORNERS) == ()
    small = ((0.6, 0.5), (0.65, 0.5), (0.65, 0.52), (0.6, 0.52))
    assert faults_at(soft, small) == (Fault.BLURRED,)
    assert faults_at(measured(blur=1.0), small) == ()


def test_small_and_cut_off_registers() -> None:
    tiny = ((0.6, 0.5), (0.63, 0.5), (0.63, 0.507), (0.6, 0.507))
    assert Fault.TOO_SMALL in faults_at(measured(), tiny)
    assert Fault.TOO_SMALL not in faults_at(measured(kept_height=4096), tiny)
    for corners in (
        ((0.0, 0.45), (0.5, 0.45), (0.5, 0.55), (0.0, 0.55)),
        ((0.9, 0.45), (4 / 3, 0.45), (4 / 3, 0.55), (0.9, 0.55)),
        ((0.4, 0.95), (0.9, 0.95), (0.9, 1.0), (0.4, 1.0)),
    ):
        assert faults_at(measured(), corners) == (Fault.CUT_OFF,)


def test_a_register_outside_of_the_picture_has_a_place_all_the_same() -> None:
    assert Fault.CUT_OFF in faults_at(measured(), ((-1.0, -1.0), (-0.5, -1.0), (-0.5, -0.9), (-1.0, -0.9)))
    assert Fault.CUT_OFF in faults_at(measured(), ((9.0, 9.0), (9.5, 9.0), (9.5, 9.1), (9.0, 9.1)))


def edge(steepness: int) -> list[int]:
    """A histogram of a picture in which one place in fifty is an edge."""
    histogram = [0] * 256
    histogram[0], histogram[steepness] = 9_800, 200
    return histogram


def test_blur_from_how_much_flatter_edges_become() -> None:
    """An edge of sigma s is REBLUR's share flatter: sqrt(s² + REBLUR²) / s. For s = REBLUR that is the root of two."""
    assert blur_radius(edge(141), edge(100)) == pytest.approx(REBLUR, rel=0.02)
    assert blur_radius(edge(3), edge(2)) == picture.NO_EDGE
    assert blur_radius(edge(100), edge(100)) > 10


@given(st.integers(20, 200), st.integers(10, 199))
def test_the_flatter_an_edge_becomes_the_sharper_it_was(before: int, after: int) -> None:
    if after < before:
        assert blur_radius(edge(before), edge(after)) >= blur_radius(edge(before), edge(after - 1))


@given(st.lists(st.integers(0, 50), min_size=256, max_size=256).filter(any), st.floats(0.01, 0.99))
def test_percentiles_grow_with_the_share(histogram: list[int], share: float) -> None:
    assert percentile(histogram, share) <= percentile(histogram, min(1.0, share + 0.01))


def test_limits_are_data() -> None:
    limits = picture.limits()
    assert limits.blurred_register_above < 1
    assert limits.model_copy(update={"dark_below": 255.0}).dark_below == 255.0
    assert faults(measured(), limits.model_copy(update={"dark_below": 255.0})) == (Fault.DARK,)
    assert MEASURED_SIDE % TILE == 0
