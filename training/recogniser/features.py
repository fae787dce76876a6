"""What a text recogniser sees: the frozen first part of PP-OCRv6 (small), Apache-2.0, as shipped in the rapidocr wheel.

It was trained by PaddleOCR on large sets of lines of text; rendered registers alone cannot give features that sturdy in
the hours that this project trains. Its 18,710 characters are left off, and what stays is not trained further.
Licence and sources: weights/NOTICE.recognise.md.
"""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from training import trunk as frozen

NAME = "PP-OCRv6_rec_small.onnx"
# Three depths of a strip 48 x W: strokes (192 x 6 x W/4), parts of characters (384 x 3 x W/4), and characters among
# their neighbours (120 x 1 x W/8).
LEVELS = ("Add.123", "Add.155", "p2o.pd_op.add.78.0")
CHANNELS = (192, 384, 120)
# Beside them the strip's own colours, small: 3 x 12 x W/4.
COLOURS, ROWS = 3, 12


def shipped() -> Path:
    """The recogniser in the installed rapidocr package."""
    return frozen.shipped(NAME)


def trunk(recogniser: Path) -> onnx.ModelProto:
    """The part of the recogniser up to LEVELS."""
    return frozen.cut(recogniser, LEVELS)


def session(recogniser: Path) -> onnxruntime.InferenceSession:
    """That part on one thread."""
    return frozen.session(recogniser, LEVELS)


def level_light(strips: NDArray[np.float32]) -> NDArray[np.float32]:
    """Strips (N x 3 x 48 x W, 0..1, red first) with each one's own range brought to -1..1, blue first.

    Computed again in the exported network (network.Light).
    """
    low = strips.min((1, 2, 3), keepdims=True)
    high = strips.max((1, 2, 3), keepdims=True)
    level = (strips - low) / (high - low + 0.05) * 2 - 1
    return np.ascontiguousarray(level[:, ::-1], dtype=np.float32)


def colours(level: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean colour of every 4 x 4 pixels: the trunk reads text, and text is read whatever its colour."""
    count, bands, high, wide = level.shape
    return np.asarray(level.reshape(count, bands, high // 4, 4, wide // 4, 4).mean((3, 5)), np.float32)


def seen(trunk: onnxruntime.InferenceSession, strips: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """What the head is given of strips (N x 3 x 48 x W, 0..1): the trunk's LEVELS and the colours."""
    level = level_light(strips)
    return [*trunk.run(None, {"x": level}), colours(level)]
