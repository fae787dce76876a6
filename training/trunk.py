"""Frozen first parts of the networks that the rapidocr wheel ships (PP-OCRv6 small, Apache-2.0)."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import onnx
import onnxruntime


def shipped(name: str) -> Path:
    """The network `name` in the installed rapidocr package. Raises FileNotFoundError where that is not installed."""
    found = find_spec("rapidocr")
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError(f"rapidocr is not installed (pip install rapidocr), or name the file of {name}")
    return Path(found.submodule_search_locations[0]) / "models" / name


def cut(network: Path, levels: Sequence[str]) -> onnx.ModelProto:
    """The part of the network up to the tensors `levels`."""
    return onnx.utils.Extractor(onnx.load(str(network))).extract_model(["x"], list(levels))


def session(network: Path, levels: Sequence[str]) -> onnxruntime.InferenceSession:
    """That part on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        cut(network, levels).SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
