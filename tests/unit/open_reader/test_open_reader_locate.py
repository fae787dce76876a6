"""The localiser on photos drawn here: level, turned, upside down, small, none; and the geometry under it."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

READER = Path(__file__).parents[3] / "functions/image_validation/read_photo"


@pytest.fixture(scope="module")
def reader() -> Iterator[Any]:
    """open_reader as read_photo imports it."""
    sys.path.insert(0, str(READER))
    try:
        from open_reader import locate, regions, straighten, weights

        yield type("Reader", (), {"locate": locate, "regions": regions, "straighten": straighten, "weights": weights})
    finally:
        sys.path.remove(str(READER))


def meter(width: int, wall: int = 700) -> tuple[Image.Image, list[tuple[float, float]]]:
    """A gas meter: light plate on a grey wall, eight white figures on black, the last three on red, a serial number."""
    tall = round(width / 8 * 1.45)
    left, top = (wall - width) / 2, (wall - tall) / 2
    photo = Image.new("RGB", (wall, wall), (120, 116, 108))
    pen = ImageDraw.Draw(photo)
    pen.rectangle(
        [left - width * 0.25, top - width * 0.4, left + width * 1.25, top + width * 0.45],
        fill=(226, 224, 216),
        outline=(90, 90, 90),
        width=3,
    )
    pen.rectangle([left - width * 0.04, top - tall * 0.2, left + width * 1.04, top + tall * 1.2], fill=(25, 25, 25))
    font = ImageFont.load_default(size=tall * 0.85)
    for at, figure in enumerate("02924744"):
        x = left + at * width / 8
        pen.rectangle([x + 1, top, x + width / 8 - 2, top + tall], fill=(18, 18, 20) if at < 5 else (170, 30, 30))
        pen.text((x + width / 16, top + tall / 2), figure, font=font, fill=(235, 235, 230), anchor="mm")
    small = ImageFont.load_default(size=width * 0.06)
    pen.text((left, top - width * 0.3), "No. 171322907070", font=small, fill=(30, 30, 30))
    pen.text(
        (left + width * 1.07, top + tall * 0.3), "m³", font=ImageFont.load_default(size=width * 0.1), fill=(30, 30, 30)
    )
    pen.text((left, top + width * 0.3), "Qmax 6 m³/h  Qmin 0,04 m³/h", font=small, fill=(30, 30, 30))
    corners = [(left, top), (left + width, top), (left + width, top + tall), (left, top + tall)]
    return photo.filter(ImageFilter.GaussianBlur(0.6)), corners


def turned(
    photo: Image.Image, corners: list[tuple[float, float]], degrees: float
) -> tuple[Image.Image, list[tuple[float, float]]]:
    """The photo turned clockwise about its middle, with the corners."""
    middle, angle = photo.width / 2, np.deg2rad(degrees)
    cos, sin = np.cos(angle), np.sin(angle)
    moved = [
        (middle + (x - middle) * cos - (y - middle) * sin, middle + (x - middle) * sin + (y - middle) * cos)
        for x, y in corners
    ]
    return photo.rotate(-degrees, Image.Resampling.BICUBIC, fillcolor=(120, 116, 108)), moved


def overlap(one: Any, other: Any, side: int) -> float:
    """Intersection over union, counted in pixels."""
    masks = []
    for corners in (one, other):
        picture = Image.new("1", (side, side))
        ImageDraw.Draw(picture).polygon([(float(x), float(y)) for x, y in corners], fill=1)
        masks.append(np.asarray(picture))
    return float((masks[0] & masks[1]).sum() / (masks[0] | masks[1]).sum())


@pytest.mark.parametrize("degrees", [0, 12, 90, 135, 180, 250, 352])
def test_a_register_is_found_at_any_turn(reader: Any, degrees: float) -> None:
    photo, corners = turned(*meter(260), degrees)
    best = reader.locate.locate(photo)[0]
    assert overlap(best.corners, corners, photo.width) > 0.5
    # Corners go round clockwise from the left top of the row as it reads one way or the other: read.py looks at both.
    away = [
        np.linalg.norm(np.array(way) - np.array(corners), axis=1).max()
        for way in (best.corners, reader.straighten.turned(best.corners))
    ]
    assert min(away) < 45, away


def test_the_strip_of_a_turned_register_is_level(reader: Any) -> None:
    photo, corners = turned(*meter(260), 155)
    best = reader.locate.locate(photo)[0]
    assert best.strip.shape[0] == 48
    assert best.strip.shape[2] == 3
    assert best.strip.dtype == np.uint8
    # Red decimals fill one end of the strip from top to bottom, black wheels the other.
    redness = best.strip[12:36, :, 0].astype(int) - best.strip[12:36, :, 1]
    third = best.strip.shape[1] // 3
    ends = sorted([redness[:, :third].mean(), redness[:, -third:].mean()])
    assert ends[1] > ends[0] + 40
    # As wide as the strip of the true corners: nothing is cut, little is added.
    true = reader.straighten.strip_of(photo, tuple(corners))
    assert abs(true.shape[1] - best.strip.shape[1]) < 0.3 * true.shape[1]


def test_a_small_register_in_a_large_photo_is_found_by_the_second_look(reader: Any) -> None:
    photo, corners = meter(200, wall=1500)
    best = reader.locate.locate(photo)[0]
    assert overlap(best.corners, corners, 1500) > 0.5


def test_a_wall_has_no_register(reader: Any) -> None:
    noise = np.random.default_rng(5).integers(100, 140, (480, 640, 3)).astype(np.uint8)
    wall = Image.fromarray(noise).filter(ImageFilter.GaussianBlur(2))
    assert all(one.confidence < 0.5 for one in reader.locate.locate(wall))


@pytest.mark.parametrize("size", [(1, 1), (40, 3), (3, 2000)])
def test_photos_of_odd_shape_are_no_error(reader: Any, size: tuple[int, int]) -> None:
    assert all(one.confidence < 0.9 for one in reader.locate.locate(Image.new("RGB", size, (200, 10, 10))))


def test_a_grey_photo_with_transparency_is_read_as_a_photo(reader: Any) -> None:
    photo, _ = meter(260)
    assert reader.locate.locate(photo.convert("LA"))


def test_strip_of_lays_the_corners_inside_the_margin(reader: Any) -> None:
    photo = Image.new("RGB", (400, 300), (10, 10, 10))
    ImageDraw.Draw(photo).rectangle([100, 120, 299, 169], fill=(250, 250, 250))
    strip = reader.straighten.strip_of(photo, ((100, 120), (300, 120), (300, 170), (100, 170)))
    inner = 48 / 1.24
    assert abs(strip.shape[1] - (inner * 4 + 2 * inner * 0.12)) <= 1.5
    assert strip[24, strip.shape[1] // 2].min() > 240
    assert strip[1].max() < 30
    assert strip[:, 1].max() < 30


def test_strip_of_undoes_a_turn(reader: Any) -> None:
    photo, corners = meter(260)
    level = reader.straighten.strip_of(photo, tuple(corners)).astype(int)
    turned_photo, moved = turned(photo, corners, 33)
    again = reader.straighten.strip_of(turned_photo, tuple(moved)).astype(int)
    assert level.shape == again.shape
    assert np.abs(level - again).mean() < 14


def test_patches_that_touch_only_by_a_bridge_are_one_and_others_stay_apart(reader: Any) -> None:
    mask = np.array([[1, 1, 0, 0, 1], [0, 1, 0, 0, 1], [0, 1, 1, 1, 1], [0, 0, 0, 0, 0], [1, 1, 0, 1, 1]], bool)
    sizes = sorted(len(ys) for ys, _ in reader.regions.labels(mask))
    assert sizes == [2, 2, 9]


@pytest.mark.parametrize("degrees", [0, 30, 100, 180, 265])
def test_the_rectangle_of_a_filled_rectangle_is_itself(reader: Any, degrees: float) -> None:
    angle = np.deg2rad(degrees)
    along, down = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    corners = [np.array([80, 80]) + a * 40 * along + d * 8 * down for a, d in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    picture = Image.new("L", (160, 160))
    ImageDraw.Draw(picture).polygon([(float(x) - 0.5, float(y) - 0.5) for x, y in corners], fill=1)
    sure = np.asarray(picture, np.float32)
    (region,) = reader.regions.regions(sure, sure * np.float32(np.cos(angle)), sure * np.float32(np.sin(angle)))
    assert np.linalg.norm(np.array(reader.regions.rectangle(region)) - np.array(corners), axis=1).max() < 2.5


def test_weights_that_are_not_the_measured_ones_are_refused(
    reader: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("locate.onnx", "SHA256SUMS"):
        shutil.copy(READER / "open_reader/weights" / name, tmp_path / name)
    with (tmp_path / "locate.onnx").open("ab") as file:
        file.write(b"\0")
    monkeypatch.setattr(reader.weights, "FOLDER", tmp_path)
    reader.weights.session.cache_clear()
    with pytest.raises(reader.weights.WeightsChanged):
        reader.weights.session("locate.onnx")
    reader.weights.session.cache_clear()
