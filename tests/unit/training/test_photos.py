"""What counts as a right reading of a labelled photo."""

import pytest
from PIL import Image

from training.photos import Labelled

IMAGE = Image.new("RGB", (8, 8))


@pytest.mark.parametrize(
    ("value", "right"),
    [("02924.744", True), ("2924.744", True), ("2924744", False), ("29247.44", False), ("2924.745", False)],
)
def test_leading_zeros_do_not_count_and_the_point_does(value: str, right: bool) -> None:
    assert Labelled("one", IMAGE, "02924.744").right(value) is right


@pytest.mark.parametrize(
    ("value", "right"), [("137.8", True), ("137.9", True), ("138.0", False), ("1379", False), ("13.79", False)]
)
def test_a_last_wheel_on_its_way_may_be_either_figure(value: str, right: bool) -> None:
    assert Labelled("one", IMAGE, "0137.8", turning=True).right(value) is right


def test_where_the_label_has_no_point_only_figures_count() -> None:
    assert Labelled("one", IMAGE, "1378", figures_only=True).right("13.78")
    assert not Labelled("one", IMAGE, "1378", figures_only=True).right("13.79")


def test_what_nobody_can_read_is_never_right() -> None:
    assert not Labelled("one", IMAGE, None).right("0")
