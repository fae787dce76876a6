"""The frozen set: rows that no training ever sees, so that every version of a kind is asked the same.

`frozen/<kind>.json.gz` beside this module, written once by `python -m training.scoring.freeze KIND` from a seed that no
training can have, and proven by `frozen/SHA256SUMS`. It changes only with what the models look at; then every score
before is of another exam, and the file's sum in the cards says so.
"""

import gzip
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from meterflow.errors import BrokenInvariant
from meterflow.model_evaluation import EvaluationRow

FOLDER = Path(__file__).with_name("frozen")


@dataclass(frozen=True, slots=True)
class FrozenSet:
    """The rows, and the checksum of their file."""

    rows: tuple[EvaluationRow, ...]
    sha256: str


def load(kind: str, folder: Path = FOLDER) -> FrozenSet:
    """The frozen set of a kind. Raises BrokenInvariant where its bytes are not the promised ones."""
    content = (folder / f"{kind}.json.gz").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    sums = dict(reversed(line.split()) for line in (folder / "SHA256SUMS").read_text().splitlines())
    if sums.get(f"{kind}.json.gz") != digest:
        raise BrokenInvariant(f"the frozen set of {kind} is not the one that was promised")
    document = json.loads(gzip.decompress(content))
    names = document["names"]
    rows = tuple(
        EvaluationRow(zone, cause, dict(zip(names, values, strict=True)), truth)
        for zone, cause, values, truth in document["rows"]
    )
    return FrozenSet(rows, digest)
