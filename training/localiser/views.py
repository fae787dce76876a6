"""Batches for the localiser: a fresh view of a rendered scene each time, with the mask and direction to learn."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from training.faces.camera import shoot
from training.faces.scene import backdrop

SIDE = 160
HALF = SIDE // 2


@dataclass(frozen=True)
class Batch:
    """photos (N, 3, SIDE, SIDE) 0..255, masks (N, HALF, HALF) 0..1, directions (N, 2) cos and sin."""

    photos: np.ndarray
    masks: np.ndarray
    directions: np.ndarray


def target(corners: np.ndarray | None, frame: tuple[int, int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The figures' row as coverage at half size, and the way it reads."""
    mask = np.zeros((HALF, HALF), np.uint8)
    if corners is None:
        return mask.astype(np.float32), np.zeros(2, np.float32)
    cv2.fillConvexPoly(mask, np.int32(np.round((corners / 2 - 0.25) * 16)), 255, cv2.LINE_AA, shift=4)
    left, top, right, bottom = (part // 2 for part in frame)
    mask[:top], mask[bottom:], mask[:, :left], mask[:, right:] = 0, 0, 0, 0
    along = (corners[1] + corners[2] - corners[0] - corners[3]) / 2
    return mask.astype(np.float32) / 255, (along / max(float(np.linalg.norm(along)), 1e-6)).astype(np.float32)


class Views:
    """Endless batches from a folder of scenes (training.faces.render); new scenes are seen as they are rendered."""

    def __init__(self, folder: Path, seed: int, backdrops: int = 200) -> None:
        self.folder = folder
        self.rng = np.random.default_rng(seed)
        self.walls = [
            cv2.resize(backdrop(self.rng), (SIDE, SIDE), interpolation=cv2.INTER_AREA) for _ in range(backdrops)
        ]
        self.read()

    def read(self) -> None:
        """Look at the list of scenes again."""
        self.scenes = [json.loads(line) for line in (self.folder / "scenes.jsonl").read_text().splitlines()]

    def one(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        scene = self.scenes[int(self.rng.integers(len(self.scenes)))]
        picture = cv2.imread(str(self.folder / f"{scene['number']:06d}.jpg"))[..., ::-1]
        corners = None if scene["corners"] is None else np.float32(scene["corners"])
        wall = self.walls[int(self.rng.integers(len(self.walls)))]
        view = shoot(self.rng, np.ascontiguousarray(picture), corners, wall, (SIDE, SIDE))
        mask, direction = target(view.corners, view.frame)
        return view.picture, mask, direction

    def batches(self, size: int) -> Iterator[Batch]:
        while True:
            photos, masks, directions = zip(*(self.one() for _ in range(size)), strict=True)
            yield Batch(
                np.stack(photos).transpose(0, 3, 1, 2).astype(np.float32), np.stack(masks), np.stack(directions)
            )
