"""Samples with what the frozen trunk sees of them, made in a process of its own:

`python -m training.recogniser.views --seed 3 --out /tmp/seen`. Files of 128, at most `--ahead` of them waiting.
"""

import argparse
import pickle
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime

from training.recogniser.features import seen, session, shipped
from training.recogniser.pool import Pool
from training.recogniser.samples import HEIGHT, STRIDE, Sample

NO_PIXELS = np.zeros((HEIGHT, 0, 3), np.uint8)


@dataclass(frozen=True)
class View:
    """A sample (its pixels left off), the columns that are its own, all columns with the padding, and what its network
    is given (float16): for the head, the trunk's levels and the colours."""

    sample: Sample
    columns: int
    padded: int
    levels: tuple[np.ndarray[Any, Any], ...]


def views(trunk: onnxruntime.InferenceSession, samples: list[Sample]) -> list[View]:
    """`samples` of about one width through the trunk."""
    width = -(-max(sample.pixels.shape[1] for sample in samples) // 16) * 16
    pixels = np.empty((len(samples), HEIGHT, width, 3), np.uint8)
    for at, sample in enumerate(samples):
        own = sample.pixels.shape[1]
        pixels[at, :, :own] = sample.pixels
        pixels[at, :, own:] = sample.pixels[:, -1:]
    levels = seen(trunk, pixels.transpose(0, 3, 1, 2).astype(np.float32) / 255)
    small = [np.clip(level, -60000, 60000).astype(np.float16) for level in levels]
    return [
        View(
            replace(sample, pixels=NO_PIXELS),
            -(-sample.pixels.shape[1] // STRIDE),
            width // STRIDE,
            tuple(part[at] for part in small),
        )
        for at, sample in enumerate(samples)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--ahead", type=int, default=60)
    parser.add_argument("--trunk", type=Path, help="PP-OCRv6_rec_small.onnx; default: that of the rapidocr package")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    trunk = session(options.trunk or shipped())
    made: list[View] = []
    number = 0
    for samples in Pool(np.random.default_rng(options.seed), 6000, 2).batches(16, 16):
        made += views(trunk, samples)
        if len(made) < 128:
            continue
        while len(list(options.out.glob("*.views"))) >= options.ahead:
            time.sleep(0.2)
        part = options.out / f"{options.seed}-{number:06d}.part"
        part.write_bytes(pickle.dumps(made, protocol=5))
        part.rename(part.with_suffix(".views"))
        made, number = [], number + 1


if __name__ == "__main__":
    main()
