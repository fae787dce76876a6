"""The batch says what the one-row model says, on the shipped models and with gaps; only it knows numpy."""

import ast
from pathlib import Path

import numpy as np
import pytest

import meterflow.scoring
from meterflow.scoring.batch import BatchModel
from meterflow.scoring.model import SHIPPED, Model, ModelRefused, shipped_bytes

NAMES = sorted(path.stem for path in SHIPPED.glob("*.json"))


def test_there_are_shipped_models() -> None:
    assert {"leak-leak", "leak-burst"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_model_loads_small_and_says_the_same_in_a_batch(name: str) -> None:
    data, sha256 = shipped_bytes(name)
    assert len(data) < 1_500_000
    model, batch = Model.load(data, sha256), BatchModel(data, sha256)
    rng = np.random.default_rng(8)
    rows = np.array(model.mean) + rng.normal(size=(500, len(model.features))) * 2 * np.array(model.scale)
    rows[rng.random(rows.shape) < 0.05] = np.nan
    one_by_one = [model.probability(model.vector(dict(zip(model.features, row, strict=True)))) for row in rows.tolist()]
    assert np.abs(batch.probability(rows) - one_by_one).max() < 1e-9


def test_the_batch_proves_the_checksum_too() -> None:
    data, sha256 = shipped_bytes("leak-leak")
    with pytest.raises(ModelRefused):
        BatchModel(data + b" ", sha256)


def test_only_the_batch_imports_numpy() -> None:
    """A Lambda that scores starts without numpy and scikit-learn."""
    found = set()
    for path in Path(meterflow.scoring.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            if {name.split(".")[0] for name in names} & {"numpy", "scipy", "sklearn"}:
                found.add(path.name)
    assert found == {"batch.py"}
