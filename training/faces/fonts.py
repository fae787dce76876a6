"""Fonts of this machine, and text as a coverage mask (0..1)."""

from functools import cache, lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

FOLDERS = (Path("/usr/share/fonts/truetype"), Path("/usr/share/fonts/opentype"))

Mask = NDArray[np.float32]


@cache
def every_font() -> tuple[str, ...]:
    """Latin fonts, sorted by path so that a seed means the same picture on the same machine."""
    found = sorted(str(path) for folder in FOLDERS for path in folder.rglob("*") if path.suffix in {".ttf", ".otf"})
    kept = tuple(path for path in found if "MathTeX" not in path and "Symbol" not in path)
    if not kept:
        raise FileNotFoundError(
            "no fonts: apt-get install fonts-dejavu fonts-liberation fonts-roboto-unhinted fonts-lato"
        )
    return kept


@cache
def figure_fonts() -> tuple[str, ...]:
    """Fonts that look like printed wheels: upright, no serif."""
    return tuple(
        path for path in every_font() if not any(word in path for word in ("Italic", "Oblique", "Thin", "Hairline"))
    )


@lru_cache(maxsize=400)
def _font(path: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)


@lru_cache(maxsize=6000)
def text_mask(text: str, path: str, size: int) -> Mask:
    """The text cropped to its ink, antialiased."""
    font = _font(path, size)
    left, top, right, bottom = font.getbbox(text)
    picture = Image.new("L", (max(1, int(right - left) + 2), max(1, int(bottom - top) + 2)))
    ImageDraw.Draw(picture).text((1 - left, 1 - top), text, font=font, fill=255)
    return np.asarray(picture, np.float32) / 255


def digit_mask(digit: int, path: str, height: int, stretch: float) -> Mask:
    """One figure, its ink exactly `height` pixels high, its width stretched."""
    ink = text_mask(str(digit), path, max(12, int(height * 1.4)))
    tall, wide = ink.shape
    width = max(2, round(wide * height / tall * stretch))
    return cv2.resize(ink, (width, height), interpolation=cv2.INTER_AREA)
