"""Photos with known readings: the development photos in two halves, and rendered ones that no training saw."""

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
from PIL import Image, ImageOps

from training.faces.camera import shoot
from training.faces.scene import backdrop, scene
from training.registers.camera import blur, light, sensor
from training.registers.render import render
from training.registers.scene import FIGURE, nothing, surround

Corners: TypeAlias = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]

FOLDER = Path(os.environ.get("METERFLOW_METER_PHOTOS", Path(__file__).parents[2] / "shared/data/meter-photos"))
# Rendered scenes have their number as seed; training takes the low numbers.
NEVER_TRAINED = 5_000_000


@dataclass(frozen=True)
class Labelled:
    """A photo and what a person reads on it; `digits` and `decimals` are the meter's where the label tells them.

    `reading` None: nothing can be read, it must be refused. `cut`: the photo cuts the register off, and only its
    visible figures count. `figures_only`: the label says nothing of a point; `turning`: the last wheel may be so far on
    its way that the next figure is read.
    """

    name: str
    image: Image.Image
    reading: str | None
    cut: bool = False
    scored: bool = True
    digits: int | None = None
    decimals: int | None = None
    turning: bool = False
    figures_only: bool = False

    def right(self, value: str | None) -> bool:
        """Whether `value` is the reading, compared as numbers."""
        if value is None or self.reading is None:
            return False
        beyond = int(value.replace(".", "")) - int(self.reading.replace(".", ""))
        behind = len(value.partition(".")[2]) - len(self.reading.partition(".")[2])
        if self.figures_only or (self.turning and behind == 0):
            return beyond == 0 or (beyond == 1 and self.turning)
        return Decimal(value) == Decimal(self.reading.rstrip("."))


def development(half: str) -> Iterator[Labelled]:
    """Half "A" (the even rows of labels.csv, to tune on) or "B" (to report only)."""
    with (FOLDER / "labels.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    for row in rows[0 if half == "A" else 1 :: 2]:
        image = ImageOps.exif_transpose(Image.open(FOLDER / "images" / row["file"])).convert("RGB")
        refuse = row["status"] == "refuse" and row["file"].startswith("gasmq")
        text = row["visible"] if row["left_cut"] == "1" else row["reading"]
        whole, _, part = text.partition(".")
        cut = row["left_cut"] == "1"
        yield Labelled(
            name=row["file"],
            image=image,
            reading=text or None,
            cut=cut,
            scored=bool(text) or refuse or row["status"] == "no-reading",
            digits=len(whole) if text and row["display"] == "wheel" and whole.startswith("0") else None,
            decimals=len(part) if text and not text.endswith(".") else None,
        )


def rendered(count: int, first: int = NEVER_TRAINED) -> Iterator[Labelled]:
    """Photos of rendered meters by the other renderer (`training.faces`), whole registers only."""
    walls = [backdrop(np.random.default_rng(first + number)) for number in range(4)]
    made = 0
    for number in range(first, first + 20 * count):
        if made >= count:
            return
        rng = np.random.default_rng(number)
        one = scene(rng)
        corners = None if one.corners is None else np.float32(one.corners)
        side = int(rng.integers(420, 900))
        view = shoot(rng, np.ascontiguousarray(one.picture), corners, walls[number % 4], (side, side))  # type: ignore[arg-type]
        if view.corners is not None:
            left, top, right, bottom = view.frame
            inside = (view.corners >= (left, top)).all() and (view.corners <= (right, bottom)).all()
            tall = float(np.linalg.norm(view.corners[3] - view.corners[0]))
            if not inside or tall < 9:
                continue
        made += 1
        yield Labelled(
            name=f"rendered-{number}",
            image=Image.fromarray(np.clip(view.picture, 0, 255).astype(np.uint8)),
            reading=one.reading if view.corners is not None else None,
            turning=one.kind != "lcd",
            figures_only=True,
        )


def registers(count: int, first: int = NEVER_TRAINED) -> Iterator[tuple[Labelled, Corners]]:
    """Rendered registers close up, with the corners as a localiser with its errors would give them."""
    for number in range(first, first + count):
        rng = np.random.default_rng(number)
        made = nothing(rng) if rng.random() < 0.1 else surround(rng, render(rng))
        factor = float(rng.uniform(10, 60)) / FIGURE
        image = cv2.resize(
            made.image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
        )
        pixels = sensor(rng, blur(rng, light(rng, image.astype(np.float32) / 255)))
        box = made.box * factor
        box = box + rng.normal(0, 0.05 * FIGURE * factor, (4, 2))
        corners = tuple((float(x), float(y)) for x, y in box)
        photo = Labelled(
            name=f"register-{number}",
            image=Image.fromarray(pixels),
            reading=made.text or None,
            turning=made.kind == "wheel",
            digits=len(made.text.partition(".")[0]) if made.text else None,
            decimals=len(made.text.partition(".")[2]) if made.text else None,
        )
        yield photo, corners  # type: ignore[misc]


cv2.setNumThreads(1)
