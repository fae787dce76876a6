"""What a text detector sees: the frozen first part of PP-OCRv6 (small), Apache-2.0, as shipped in the rapidocr wheel.

The detector was trained by PaddleOCR on large sets of photos with text; rendered photos alone cannot give features that
sturdy in the hours that this project trains. Only its backbone and the first layer of its neck are taken, and they are
not trained further. Licence and sources: rapidocr's MODEL_LICENSES.md, and weights/README.md.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

NAME = "PP-OCRv6_det_small.onnx"
# The neck's first layer at 1/32, 1/16, 1/8 and 1/4 of the picture: 96 channels each.
LEVELS = ("Add.159", "Add.165", "Add.171", "Add.177")
CHANNELS = 96


def shipped() -> Path:
    """The detector in the installed rapidocr package."""
    found = find_spec("rapidocr")
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError("rapidocr is not installed (pip install rapidocr), or give --detector")
    return Path(found.submodule_search_locations[0]) / "models" / NAME


def trunk(detector: Path) -> onnx.ModelProto:
    """The part of the detector up to LEVELS."""
    whole = onnx.load(str(detector))
    return onnx.utils.Extractor(whole).extract_model(["x"], list(LEVELS))


def session(detector: Path) -> onnxruntime.InferenceSession:
    """That part on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        trunk(detector).SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def level_light(photos: NDArray[np.float32]) -> NDArray[np.float32]:
    """Photos 0..255 with their own mean and spread taken out: a dim cellar and a lit hall look alike.

    Computed again in the exported network (network.Light); the detector's own scale is about the same.
    """
    middle = photos.mean((1, 2, 3), keepdims=True)
    spread = np.sqrt(((photos - middle) ** 2).mean((1, 2, 3), keepdims=True))
    return ((photos - middle) / (spread + 4) * 0.5).astype(np.float32)
