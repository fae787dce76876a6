"""The demonstration photo: what it is made of. Whether it can be read is for the OCR tests to say."""

import io

import pytest
from PIL import Image

from local.city import photo


def test_the_same_input_draws_the_same_picture() -> None:
    assert photo.render("412.700", "AL-2019-004711") == photo.render("00412.700", "AL-2019-004711")


def test_every_figure_and_the_seed_change_it() -> None:
    pictures = {
        photo.render("412.700", "AL-2019-004711"),
        photo.render("412.701", "AL-2019-004711"),
        photo.render("412.700", "AL-2019-004712"),
        photo.render("412.700", "AL-2019-004711", seed=2),
    }
    assert len(pictures) == 4


def test_it_is_a_photo_that_the_upload_takes() -> None:
    content = photo.render("412.700", "AL-2019-004711")
    image = Image.open(io.BytesIO(content))
    assert (image.format, image.size, image.mode) == ("PNG", photo.SIZE, "RGB")
    assert len(content) < 3_000_000
    assert not image.info


@pytest.mark.parametrize("value", ["100000", "-1"])
def test_a_value_that_the_register_cannot_show_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="cannot show"):
        photo.render(value, "AL-2019-004711")
