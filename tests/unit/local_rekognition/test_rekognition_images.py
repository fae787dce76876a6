"""Image files: what is read, what is refused, and by which name."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from local.rekognition.errors import ServiceError
from local.rekognition.images import decode
from tests.unit.local_rekognition.support import ImageFile


def _bomb(side: int) -> bytes:
    """A white PNG of side x side pixels, one bit each: a few KB of file."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\x00" + b"\xff" * ((side + 7) // 8)) * side, 9)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [9_000, 10_000, 30_000])
def test_a_small_file_that_unpacks_to_a_huge_image_is_refused(client: Any, side: int) -> None:
    # 30,000 pixels a side would take a second to pack here; its header alone must be enough.
    bomb = (
        _bomb(side)
        if side <= 10_000
        else _bomb(10_000).replace(
            struct.pack(">IIBBBBB", 10_000, 10_000, 1, 0, 0, 0, 0), struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
        )
    )
    assert len(bomb) < 40_000
    with pytest.raises((client.exceptions.ImageTooLargeException, client.exceptions.InvalidImageFormatException)):
        client.detect_text(Image={"Bytes": bomb})


@pytest.mark.parametrize("kind", ["GIF", "BMP", "WEBP", "TIFF"])
def test_other_formats_are_refused(client: Any, image_file: ImageFile, kind: str) -> None:
    with pytest.raises(client.exceptions.InvalidImageFormatException):
        client.detect_text(Image={"Bytes": image_file("42", kind)})


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_truncated_files_are_refused(client: Any, image_file: ImageFile, kind: str) -> None:
    whole = image_file("0123456789", kind)
    for part in (9, len(whole) // 2, len(whole) - 40):
        with pytest.raises(client.exceptions.InvalidImageFormatException):
            client.detect_text(Image={"Bytes": whole[:part]})


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # of EXIF that it cannot read
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_damaged_files_are_read_or_refused_but_never_a_bug(image_file: ImageFile, kind: str) -> None:
    whole = bytearray(image_file("0123456789", kind, exif=_exif(6)))
    damage = np.random.default_rng(7)
    for _ in range(150):
        spoiled = bytearray(whole)
        for at in damage.integers(8, len(whole), 6):
            spoiled[at] = damage.integers(256)
        try:
            decode(bytes(spoiled))
        except ServiceError as refused:
            assert refused.status == 400  # noqa: PT017 - most are refused, some still decode


@pytest.mark.parametrize(("size", "fits"), [((80, 80), True), ((79, 400), False), ((400, 79), False)])
def test_the_least_side_is_80_pixels(client: Any, image_file: ImageFile, size: tuple[int, int], fits: bool) -> None:
    request = {"Image": {"Bytes": image_file(size=size)}}
    if fits:
        client.detect_text(**request)
    else:
        with pytest.raises(client.exceptions.InvalidParameterException):
            client.detect_text(**request)


def test_detect_labels_takes_ten_thousand_pixels_a_side(client: Any, image_file: ImageFile) -> None:
    client.detect_text(Image={"Bytes": image_file(size=(10_001, 80))})
    client.detect_labels(Image={"Bytes": image_file(size=(10_000, 80))})
    with pytest.raises(client.exceptions.ImageTooLargeException, match="10001 x 80"):
        client.detect_labels(Image={"Bytes": image_file(size=(10_001, 80))})


def _exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_photo_is_set_upright_by_its_exif(image_file: ImageFile, kind: str) -> None:
    photo = decode(image_file(kind=kind, size=(400, 200), exif=_exif(6)))
    assert (photo.width, photo.height) == (200, 400)


def test_transparent_parts_are_white() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (100, 100), (0, 0, 0, 0)).save(file, "PNG")
    assert decode(file.getvalue()).pixels.min() == 255


def test_sixteen_bits_are_scaled() -> None:
    file = io.BytesIO()
    Image.fromarray(np.full((100, 100), 0x8000, dtype=np.uint16)).save(file, "PNG")
    assert np.unique(decode(file.getvalue()).pixels).tolist() == [0x80]


def test_colours_arrive_in_the_models_order() -> None:
    file = io.BytesIO()
    Image.new("RGB", (100, 100), (1, 2, 3)).save(file, "PNG")
    assert decode(file.getvalue()).pixels[0, 0].tolist() == [3, 2, 1]
