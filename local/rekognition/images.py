"""From an image file's bytes to pixels, refusing what the service refuses and what would hurt the machine."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from local.rekognition.errors import image_too_large, invalid_image_format, invalid_parameter
from local.rekognition.text import Pixels

LEAST_SIDE = 80
# The service states no bound for DetectText. Larger than phones take, small enough to decode on a laptop: a
# file of 12 KB can unpack to a hundred million pixels.
MOST_PIXELS = 50_000_000
# The OCR engine's own bound. Shrinking here is sharper than its own way, and JPEG then decodes at a fraction.
_WORKING_SIDE = 2000

# What Pillow raises on files that are not what they claim to be.
_BROKEN = (OSError, SyntaxError, ValueError, struct.error, EOFError, IndexError, KeyError, TypeError)


@dataclass(frozen=True)
class Photo:
    """A decoded photo, upright by its EXIF orientation; `pixels` may be smaller than the file's own."""

    pixels: Pixels

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])


def decode(data: bytes, most_side: int | None = None) -> Photo:
    """The photo's pixels; `most_side` bounds each side of the file's image where an operation has a bound."""
    try:
        # By its first bytes; no file gets to choose one of Pillow's rarer decoders.
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
            _check_size(image.width, image.height, most_side)
            return Photo(_pixels(image))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise image_too_large("Image has too many pixels") from error
    except _BROKEN as error:
        raise invalid_image_format() from error


def _check_size(width: int, height: int, most_side: int | None) -> None:
    """Judges the header alone: nothing is unpacked yet."""
    if min(width, height) < LEAST_SIDE:
        raise invalid_parameter(f"Image dimensions must be at least {LEAST_SIDE} x {LEAST_SIDE} pixels")
    if most_side is not None and max(width, height) > most_side:
        raise image_too_large(
            f"Input image dimensions {width} x {height} exceed maximum dimension size of {most_side} pixels"
        )
    if width * height > MOST_PIXELS:
        raise image_too_large("Image has too many pixels")


def _pixels(image: Image.Image) -> Pixels:
    image.draft("RGB", (_WORKING_SIDE, _WORKING_SIDE))
    plain = _flattened(image)
    plain.thumbnail((_WORKING_SIDE, _WORKING_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    upright = ImageOps.exif_transpose(plain)
    return np.ascontiguousarray(np.asarray(upright, dtype=np.uint8)[:, :, ::-1])


def _flattened(image: Image.Image) -> Image.Image:
    """Plain RGB: transparent parts on white, as a page shows them; 16 bits scaled, not cut off."""
    if image.mode.startswith("I"):
        deep = np.asarray(image, dtype=np.int64)
        return Image.fromarray((deep >> 8).clip(0, 255).astype(np.uint8)).convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    page = Image.new("RGBA", layer.size, "white")
    page.alpha_composite(layer)
    flat = page.convert("RGB")
    # The orientation travels in here, and a new page has none.
    flat.info = dict(image.info)
    return flat
