"""Training samples: a strip as the localiser would cut it out of a photo, and what the network should say of it."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from training.registers.camera import blur, cut, light, moved, sensor
from training.registers.scene import Scene

HEIGHT, WIDEST, STRIDE = 48, 480, 4
GREY = 128  # what a strip has outside of its photo
# Classes of one figure: ten settled, ten half-turned ("3/4" is HALF + 3), and one that nobody can read.
HALF, UNREADABLE, CLASSES = 10, 20, 21
# What a whole strip is.
UPRIGHT, CUT, UPSIDE_DOWN, NO_REGISTER = range(4)
ANY_HALF = -2  # between two figures, nobody noted which


@dataclass(frozen=True)
class Sample:
    """`pixels` HEIGHT x width x 3 bytes; `centres` and `points` in pixels along the strip; `classes` as above;
    `decimal` 0, 1 or -1 (not known) a figure; `strip` one of the four above."""

    pixels: np.ndarray[Any, Any]
    centres: np.ndarray[Any, Any]
    classes: list[int]
    decimal: list[int]
    points: np.ndarray[Any, Any]
    strip: int
    text: str


def class_of(symbol: str) -> int:
    if symbol == "?/?":
        return ANY_HALF
    return HALF + int(symbol[0]) if "/" in symbol else int(symbol)


def sample(rng: np.random.Generator, scene: Scene) -> Sample:
    """`scene` as one photo shows it."""
    matrix, width, _ = cut(rng, scene.box, HEIGHT, WIDEST)
    width = min(width, WIDEST)
    border = cv2.BORDER_REPLICATE if rng.random() < 0.8 else cv2.BORDER_CONSTANT
    image = cv2.warpPerspective(scene.image, matrix, (width, HEIGHT), flags=cv2.INTER_AREA, borderMode=border)
    picture = image.astype(np.float32) / 255
    pixels = sensor(rng, blur(rng, light(rng, picture))).copy()
    centres = moved(scene.centres, matrix)
    points = moved(scene.points, matrix)
    first, last = _photo_edges(rng, pixels, moved(scene.box, matrix))
    classes = [class_of(symbol) for symbol in scene.symbols]
    decimal = scene.decimal if scene.decimal is not None else [-1] * len(classes)
    edges = moved(scene.box, matrix)
    half = (edges[1:3, 0].mean() - edges[[0, 3], 0].mean()) / max(1, len(classes)) / 2 * 0.75
    seen = [at for at, centre in enumerate(centres) if first + half <= centre[0] <= last - half]
    strip = NO_REGISTER if not classes else UPRIGHT if len(seen) == len(classes) else CUT
    if len(seen) < 2:
        strip = NO_REGISTER
        seen = []
    if strip != NO_REGISTER and rng.random() < 0.12:
        return Sample(np.ascontiguousarray(pixels[::-1, ::-1]), np.zeros(0), [], [], np.zeros(0), UPSIDE_DOWN, "")
    if strip == UPRIGHT and rng.random() < 0.06:
        pixels = _hide(rng, pixels, centres, classes, half)
    return Sample(
        pixels=pixels,
        centres=centres[seen, 0] if seen else np.zeros(0),
        classes=[classes[at] for at in seen],
        decimal=[decimal[at] for at in seen],
        points=points[:, 0] if len(points) and strip != NO_REGISTER else np.zeros(0),
        strip=strip,
        text=scene.text,
    )


def _photo_edges(
    rng: np.random.Generator, pixels: np.ndarray[Any, Any], box: np.ndarray[Any, Any]
) -> tuple[float, float]:
    """Grey where the strip is outside of the photo, on some strips; returns where the photo begins and ends."""
    first, last = 0, pixels.shape[1]
    figure = float(np.linalg.norm(box[3] - box[0]))
    if rng.random() < 0.2:
        first = max(0, round(float(box[[0, 3], 0].mean()) + float(rng.uniform(-0.8, 0.7)) * figure))
        pixels[:, :first] = GREY
    if rng.random() < 0.2:
        last = min(last, round(float(box[1:3, 0].mean()) + float(rng.uniform(-0.7, 0.8)) * figure))
        pixels[:, last:] = GREY
    return first, last


def _hide(
    rng: np.random.Generator,
    pixels: np.ndarray[Any, Any],
    centres: np.ndarray[Any, Any],
    classes: list[int],
    half: float,
) -> np.ndarray[Any, Any]:
    """Cover one figure with glare or dirt so that nobody can read it."""
    at = int(rng.integers(len(classes)))
    x, y = centres[at]
    cover = np.zeros(pixels.shape[:2], np.float32)
    cv2.ellipse(
        cover,
        (round(x), round(y)),
        (max(3, round(half * 1.1)), round(HEIGHT * 0.44)),
        float(rng.uniform(-20, 20)),
        0,
        360,
        1.0,
        -1,
    )
    cover = cv2.GaussianBlur(cover, (0, 0), 2.2)[..., None]
    classes[at] = UNREADABLE
    tone = rng.uniform(150, 255) if rng.random() < 0.7 else rng.uniform(0, 120)
    return (pixels * (1 - cover) + tone * cover).astype(np.uint8)
