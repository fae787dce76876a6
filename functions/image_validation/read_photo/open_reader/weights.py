"""The shipped networks: read once, and only if their checksums are those of weights/SHA256SUMS."""

import hashlib
from functools import cache
from pathlib import Path

import onnxruntime

FOLDER = Path(__file__).parent / "weights"


class WeightsChanged(Exception):
    """A network's file is not the one that was measured: it is not used."""


def promised(name: str) -> str:
    """The SHA-256 of that file as written in SHA256SUMS; KeyError when it is not listed."""
    sums = dict(reversed(line.split()) for line in (FOLDER / "SHA256SUMS").read_text().splitlines() if line.strip())
    return sums[name]


def checked(name: str) -> bytes:
    """That file's content; WeightsChanged when it is missing or is not the promised one."""
    path = FOLDER / name
    if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != promised(name):
        raise WeightsChanged(
            f"{path} is missing or was changed: see `sha256sum -c SHA256SUMS` beside it; "
            "train it again or take it from the release"
        )
    return path.read_bytes()


@cache
def session(name: str) -> onnxruntime.InferenceSession:
    """The network on one thread (a Lambda of this size has about one core); kept for the life of the process."""
    content = checked(name)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
