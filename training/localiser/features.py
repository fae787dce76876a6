"""What a text detector sees: the frozen first part of PP-OCRv6 (small), Apache-2.0, as shipped in the rapidocr wheel.

The detector was trained by PaddleOCR on large sets of photos with text; rendered photos alone cannot give features that
sturdy in the hours that this project trains. Only its backbone and the first layer of its neck are taken, and they are
not trained further. Licence and sources: weights/NOTICE.locate.md.
"""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from training import trunk as frozen

NAME = "PP-OCRv6_det_small.onnx"
# The neck's first layer at 1/32, 1/16, 1/8 and 1/4 of the picture: 96 channels each.
LEVELS = ("Add.159", "Add.165", "Add.171", "Add.177")
CHANNELS = 96


def shipped() -> Path:
    """The detector in the installed rapidocr package."""
    return frozen.shipped(NAME)


def trunk(detector: Path) -> onnx.ModelProto:
    """The part of the detector up to LEVELS."""
    return frozen.cut(detector, LEVELS)


def session(detector: Path) -> onnxruntime.InferenceSession:
    """That part on one thread."""
    return frozen.session(detector, LEVELS)


def level_light(photos: NDArray[np.float32]) -> NDArray[np.float32]:
    """Photos 0..255 with their own mean and spread taken out: a dim cellar and a lit hall look alike.

    Computed again in the exported network (network.Light); the detector's own scale is about the same.
    """
    middle = photos.mean((1, 2, 3), keepdims=True)
    spread = np.sqrt(((photos - middle) ** 2).mean((1, 2, 3), keepdims=True))
    return ((photos - middle) / (spread + 4) * 0.5).astype(np.float32)
