"""The open reader from photo to reading, on counters drawn here: level, upside down, cut off, none; and its weights."""

import json
import shutil
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

READER = Path(__file__).parents[3] / "functions/image_validation/read_photo"
FIGURES = "02924744"


@pytest.fixture(scope="module")
def reader() -> Iterator[Any]:
    """open_reader as read_photo imports it."""
    sys.path.insert(0, str(READER))
    try:
        from open_reader import read, recognise, straighten, weights

        parts = {"read": read, "recognise": recognise, "straighten": straighten, "weights": weights}
        yield type("Reader", (), parts)
    finally:
        sys.path.remove(str(READER))


def counter(width: int = 300) -> tuple[Image.Image, tuple[tuple[float, float], ...]]:
    """Eight white figures on black drums, the last three on red, on a light plate; and the row's corners."""
    tall = round(width / 8 * 1.2)
    left, top = 150.0, 200.0
    photo = Image.new("RGB", (600, 440), (120, 116, 108))
    pen = ImageDraw.Draw(photo)
    pen.rectangle([left - 70, top - 110, left + width + 90, top + 160], fill=(226, 224, 216))
    pen.rectangle([left - 12, top - 9, left + width + 12, top + tall + 9], fill=(30, 30, 30))
    font = ImageFont.load_default(size=tall * 0.85)
    for at, figure in enumerate(FIGURES):
        x = left + at * width / 8
        drum = (18, 18, 20) if at < 5 else (170, 30, 30)
        pen.rectangle([x + 1, top, x + width / 8 - 2, top + tall], fill=drum)
        pen.text((x + width / 16, top + tall / 2), figure, font=font, fill=(235, 235, 230), anchor="mm")
    corners = ((left, top), (left + width, top), (left + width, top + tall), (left, top + tall))
    return photo.filter(ImageFilter.GaussianBlur(0.6)), corners


def figures(value: str) -> str:
    return value.replace(".", "")


def test_a_counter_is_read_where_it_stands(reader: Any) -> None:
    photo, corners = counter()
    found = reader.read.read_at(reader.straighten.Sheet(photo), [(corners, 0.9)], 5, 3)
    assert found.value == "02924.744"
    assert len(found.figures) == 8
    assert 0 < found.odds <= 1
    assert not any(found.between)


def test_upside_down_it_is_read_the_right_way_up(reader: Any) -> None:
    photo, corners = counter()
    wide, tall = photo.size
    flipped = tuple((wide - x, tall - y) for x, y in corners)
    down = photo.transpose(Image.Transpose.ROTATE_180)
    # The localiser's guess of the direction may be wrong: both ways are looked at.
    for guess in (flipped, (*flipped[2:], *flipped[:2])):
        found = reader.read.read_at(reader.straighten.Sheet(down), [(guess, 0.9)], 5, 3)
        assert found.value == "02924.744"


def test_a_row_of_which_the_localiser_found_a_part_is_read_whole(reader: Any) -> None:
    photo, corners = counter()
    (left, top), (right, _), (_, foot), _ = corners
    part = ((left + 85, top), (right, top), (right, foot), (left + 85, foot))
    found = reader.read.read_at(reader.straighten.Sheet(photo), [(part, 0.9)], 5, 3)
    assert figures(found.value) == FIGURES


def test_a_row_that_the_photo_cuts_is_never_accepted(reader: Any) -> None:
    photo, corners = counter()
    cut = photo.crop((225, 0, 600, 440))
    found = reader.read.read_at(reader.straighten.Sheet(cut), [(tuple((max(0, x - 225), y) for x, y in corners), 0.9)])
    assert found is None or ("cut_off" in found.reasons and not found.accepted)


def test_a_whole_photo_is_searched_and_read(reader: Any) -> None:
    photo, _ = counter()
    found = reader.read.read(photo, 5, 3)
    assert found is not None
    assert figures(found.value) == FIGURES
    assert found.value == "02924.744"


def test_a_plain_wall_has_no_reading_that_is_accepted(reader: Any) -> None:
    found = reader.read.read(Image.new("RGB", (500, 400), (150, 150, 150)))
    assert found is None or not found.accepted


def test_history_does_not_make_a_figure(reader: Any) -> None:
    photo, corners = counter()
    found = reader.read.read_at(
        reader.straighten.Sheet(photo), [(corners, 0.9)], 5, 3, Decimal("12924.700"), Decimal(10)
    )
    assert found.value == "02924.744"


def test_the_weights_are_those_that_were_measured(reader: Any) -> None:
    for name in ("locate.onnx", "recognise.onnx", "recognise32.onnx", "calibration.json"):
        assert reader.weights.checked(name)
    calibration = json.loads(reader.weights.checked("calibration.json"))
    assert len(calibration["weights"]) == 6
    assert 0.5 <= calibration["accept"] <= 1
    # A stronger piece of evidence never makes a reading less sure.
    assert min(calibration["weights"][1:]) >= 0


@pytest.mark.parametrize("harm", ["changed", "missing"])
def test_broken_weights_are_refused_with_what_to_do(
    reader: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    shutil.copytree(reader.weights.FOLDER, tmp_path / "weights")
    monkeypatch.setattr(reader.weights, "FOLDER", tmp_path / "weights")
    path = tmp_path / "weights/calibration.json"
    path.write_text("{}") if harm == "changed" else path.unlink()
    with pytest.raises(reader.weights.WeightsChanged, match="sha256sum"):
        reader.weights.checked("calibration.json")
