"""Registers glued from photographed wheels (the public digit crops): a bridge to real texture."""

import csv
import functools
import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from training.registers.paint import BASES, box, colour
from training.registers.strip import Strip

FOLDER = Path(os.environ.get("METERFLOW_DIGIT_CROPS", Path(__file__).parents[3] / "shared/data/digit-crops"))
KEPT_APART = 0.15
BETWEEN = "?/?"


@dataclass(frozen=True)
class Crop:
    """One photographed wheel: `label` 0..9, or None between two figures; `source` names the camera that took it."""

    file: str
    label: int | None
    source: str
    pixels: np.ndarray[Any, Any]

    @property
    def kept_apart(self) -> bool:
        """Whether this crop's source is only for the test, never for training."""
        return int(hashlib.sha256(self.source.encode()).hexdigest()[:8], 16) / 16**8 < KEPT_APART


@functools.cache
def crops() -> tuple[Crop, ...]:
    """All crops whose label is sure; none where the data are absent."""
    if not (FOLDER / "labels.csv").exists():
        return ()
    with (FOLDER / "labels.csv").open() as lines:
        rows = [row for row in csv.DictReader(lines) if row["doubtful"] != "1"]
    return tuple(_crop(row) for row in rows)


def _crop(row: dict[str, str]) -> Crop:
    label = None if row["label_checked"] == "NaN" else int(row["label_checked"])
    # "0.0_dig1_20211005-131251.jpg": the camera's own name for the wheel, and the size of its cut.
    name = re.sub(r"^[^_]*_", "", row["file"])
    source = re.sub(r"[0-9]{4,}.*|\.[a-z]+$", "", name) + f"_{row['width']}x{row['height']}"
    pixels = np.asarray(Image.open(FOLDER / "images" / row["file"]).convert("RGB"))
    return Crop(row["file"], label, source, pixels)


@functools.cache
def _by_source() -> tuple[tuple[Crop, ...], ...]:
    groups: dict[str, list[Crop]] = {}
    for crop in crops():
        if not crop.kept_apart:
            groups.setdefault(crop.source, []).append(crop)
    return tuple(tuple(group) for group in groups.values())


def glued(rng: np.random.Generator) -> Strip | None:
    """A register of photographed wheels, most of one camera; the last one or two may be between two figures."""
    groups = _by_source()
    if not groups:
        return None
    everything = [crop for group in groups for crop in group]
    sizes = np.sqrt([len(group) for group in groups])
    own = list(groups[int(rng.choice(len(groups), p=sizes / sizes.sum()))])
    count, height = int(rng.integers(4, 9)), 56
    mixed = rng.random() < 0.4 or len(own) < 4
    chosen: list[Crop] = []
    for at in range(count):
        pool = everything if mixed and rng.random() < 0.8 else own
        settled = [crop for crop in pool if crop.label is not None]
        wanted = pool if at >= count - 2 or rng.random() < 0.15 or not settled else settled
        chosen.append(wanted[int(rng.integers(len(wanted)))])
    gap = round(height * float(rng.choice([0.0, rng.uniform(0, 0.4)])))
    margin = round(height * float(rng.uniform(0.1, 0.5)))
    stretch = float(rng.uniform(0.85, 1.2))
    tiles = [
        cv2.resize(
            crop.pixels,
            (max(20, round(crop.pixels.shape[1] * height / crop.pixels.shape[0] * stretch)), height),
            interpolation=cv2.INTER_AREA,
        )
        for crop in chosen
    ]
    across = sum(tile.shape[1] for tile in tiles) + gap * (count - 1)
    picture = np.empty((height + 2 * margin, across + 2 * margin, 3), np.float32)
    panel = colour(rng, BASES[int(rng.integers(len(BASES)))], 0.15)
    if rng.random() < 0.4:
        panel = (tiles[0][:3].mean(axis=(0, 1)) / 255).astype(np.float32)
    box(picture, 0, 0, picture.shape[1], picture.shape[0], panel)
    left, centres, symbols = margin, [], []
    for crop, tile in zip(chosen, tiles, strict=True):
        picture[margin : margin + height, left : left + tile.shape[1]] = tile / 255.0
        centres.append((left + tile.shape[1] / 2, margin + height / 2))
        symbols.append(BETWEEN if crop.label is None else str(crop.label))
        left += tile.shape[1] + gap
    top, bottom = margin + 0.13 * height, margin + 0.87 * height
    return Strip(
        image=Image.fromarray((np.clip(picture, 0, 1) * 255).astype(np.uint8)),
        text="".join(symbol[0] for symbol in symbols),
        kind="wheel",
        digits=count,
        decimals=0,
        centres=centres,
        symbols=symbols,
        box=[(margin, top), (margin + across, top), (margin + across, bottom), (margin, bottom)],
    )
