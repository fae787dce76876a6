"""Shapes of figures: fonts of the machine, and drawn strokes like those of counters, with endless variations."""

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

Mask = np.ndarray[Any, Any]
Figures = Callable[[int], Mask]

# Figures are drawn this tall and made smaller where they are used.
DRAWN = 96
FONT_FOLDERS = os.environ.get("METERFLOW_FONTS", "/usr/share/fonts").split(":")
UNFIT = ("Math", "Italic", "Oblique", "Thin", "Hairline", "ExtraLight", "Symbol", "Emoji", "Awesome")


@functools.cache
def fonts() -> tuple[str, ...]:
    """Upright fonts of this machine that figures can be set in."""
    found = [path for folder in FONT_FOLDERS for path in sorted(Path(folder).rglob("*.[to]tf"))]
    return tuple(str(path) for path in found if not any(word in path.name for word in UNFIT))


@functools.lru_cache(maxsize=4000)
def _letter(path: str, sign: str) -> Mask:
    font = ImageFont.truetype(path, 120)
    _, top, _, bottom = font.getbbox("0")
    width = max(int(font.getlength("0")) + 24, 1)
    image = Image.new("L", (width, int(bottom - top) + 8), 0)
    start = (width - font.getlength(sign)) / 2
    ImageDraw.Draw(image).text((start, 4 - top), sign, fill=255, font=font)
    columns = np.flatnonzero(np.asarray(image).max(axis=0) > 20)
    image = image.crop((int(columns[0]), 4, int(columns[-1]) + 1, image.height - 4))
    return np.asarray(
        image.resize((max(4, round(image.width * DRAWN / image.height)), DRAWN), Image.Resampling.BILINEAR)
    )


def font_figures(rng: np.random.Generator) -> Figures:
    """Figures of one font, made wider or narrower."""
    path = fonts()[int(rng.integers(len(fonts())))]
    stretch = float(rng.uniform(0.75, 1.25))

    def draw(figure: int) -> Mask:
        mask = _letter(path, str(figure))
        return cv2.resize(mask, (max(6, round(mask.shape[1] * stretch)), DRAWN))

    return draw


def _arc(
    cx: float, cy: float, rx: float, ry: float, start: float, end: float, square: float
) -> list[tuple[float, float]]:
    """Part of a superellipse: `square` 2 is an ellipse, more is boxier. Degrees: 0 is right, 90 is down."""
    turns = np.radians(np.linspace(start, end, 40))
    cos, sin = np.cos(turns), np.sin(turns)
    x = cx + rx * np.sign(cos) * np.abs(cos) ** (2 / square)
    y = cy + ry * np.sign(sin) * np.abs(sin) ** (2 / square)
    return list(zip(x.tolist(), y.tolist(), strict=True))


def _strokes(rng: np.random.Generator) -> list[list[list[tuple[float, float]]]]:
    """Lines of the ten figures in a box of one by one, of one random hand."""
    s = float(rng.uniform(2.0, 4.5))
    waist = float(rng.uniform(0.42, 0.52))
    flat3, open4, curl, hook7 = rng.random(4)
    high, low = waist / 2, (1 - waist) / 2
    nine_rise = float(rng.uniform(0.25, 0.36))
    one: list[list[tuple[float, float]]] = [
        [(0.5 - float(rng.uniform(0.15, 0.35)), float(rng.uniform(0.12, 0.28))), (0.5, 0.0), (0.5, 1.0)]
    ]
    if rng.random() < 0.3:
        one = [[(0.5, 0.0), (0.5, 1.0)]]
    if rng.random() < 0.15:
        one.append([(0.25, 1.0), (0.75, 1.0)])
    three = (
        [[(0.02, 0.0), (0.95, 0.0), (0.45, 0.4), *_arc(0.42, 0.7, 0.56, 0.3, 270, 500, s)]]
        if flat3 < 0.3
        else [_arc(0.47, high, 0.45, high, 200, 450, s) + _arc(0.45, waist + low, 0.53, low, 270, 515, s)]
    )
    four = (
        [[(0.4, 0.0), (0.02, 0.68), (1.0, 0.68)], [(0.72, 0.38), (0.72, 1.0)]]
        if open4 < 0.4
        else [[(0.74, 1.0), (0.74, 0.0), (0.02, 0.7), (1.0, 0.7)]]
    )
    bowl = _arc(0.5, 1 - nine_rise, 0.5, nine_rise, 0, 360, s)
    if curl < 0.5:
        stem = _arc(0.6, 0.7, 0.6, 0.7, 180, 285, 2.0)
    else:
        stem = [(0.0, 1 - nine_rise), *_arc(0.5, 0.32, 0.5, 0.32, 180, 340, s)]
    six = [bowl, stem]
    return [
        [_arc(0.5, 0.5, 0.5, 0.5, 0, 360, s)],
        one,
        [[*_arc(0.5, 0.29, 0.48, 0.29, 190, 385, s), (0.02, 1.0), (1.0, 1.0)]],
        three,
        four,
        [[(0.92, 0.0), (0.12, 0.0), (0.07, 0.46), *_arc(0.45, 0.68, 0.55, 0.32, 235, 500, s)]],
        six,
        [[(0.0, 0.0), (0.98, 0.0), (0.55, 0.45) if hook7 < 0.4 else (0.66, 0.5), (0.32, 1.0)]],
        [_arc(0.5, high, 0.45, high, 0, 360, s), _arc(0.5, waist + low, 0.5, low, 0, 360, s)],
        [[(1 - x, 1 - y) for x, y in line] for line in six],
    ]


def stroke_figures(rng: np.random.Generator) -> Figures:
    """Figures drawn with one pen, as on most counters."""
    lines = _strokes(rng)
    width = float(rng.uniform(0.42, 0.8)) * DRAWN
    pen = max(3, round(float(rng.uniform(0.07, 0.2)) * DRAWN))
    cache: dict[int, Mask] = {}

    def draw(figure: int) -> Mask:
        if figure not in cache:
            pad = pen // 2 + 2
            box = width - pen
            canvas = np.zeros((DRAWN, round(width) + 4), np.uint8)
            for line in lines[figure]:
                points = np.array([(pad + x * box, pad + y * (DRAWN - 2 * pad)) for x, y in line])
                cv2.polylines(canvas, [np.round(points * 16).astype(np.int32)], False, 255, pen, cv2.LINE_AA, 4)
            cache[figure] = canvas
        return cache[figure]

    return draw


def any_figures(rng: np.random.Generator) -> Figures:
    return stroke_figures(rng) if rng.random() < 0.5 else font_figures(rng)


def words(rng: np.random.Generator, text: str, height: int) -> Mask:
    """`text` as a mask of about `height` pixels."""
    path = fonts()[int(rng.integers(len(fonts())))]
    font = ImageFont.truetype(path, max(6, height))
    left, top, right, bottom = font.getbbox(text)
    image = Image.new("L", (max(1, int(right - left) + 2), max(1, int(bottom - top) + 2)), 0)
    ImageDraw.Draw(image).text((1 - left, 1 - top), text, fill=255, font=font)
    return np.asarray(image)
