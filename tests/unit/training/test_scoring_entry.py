"""The one entry point of training, as the command, the Lambda step and a SageMaker container call it."""

import json
from pathlib import Path

import pytest

from meterflow.scoring.model import Model
from meterflow.training_data import Dataset, Recipe, dataset, sha256
from training.scoring import entry

DATA = dataset("leak", "2026-11-21T00:00:00Z", (), Recipe(rows=1200, seed=5))


def container(folder: Path, data: Dataset, promised: str) -> Path:
    """What SageMaker puts into a container."""
    (folder / "input/data/dataset").mkdir(parents=True)
    (folder / "input/data/dataset/x.json").write_bytes(data.to_bytes())
    (folder / "input/config").mkdir()
    given = {"dataset_sha256": promised, "seed": "5", "trials": "1", "seconds": "30"}
    (folder / "input/config/hyperparameters.json").write_text(json.dumps(given))
    return folder


def test_a_container_writes_models_sums_and_how_they_were_made(tmp_path: Path) -> None:
    assert entry.main(container(tmp_path, DATA, sha256(DATA.to_bytes()))) == 0
    result = json.loads((tmp_path / "model/result.json").read_text())
    assert result["facts"]["generated_rows"] == 1200
    assert result["facts"]["search"]["leak-burst"]["trials"] == 1
    assert result["reference"] is None
    sums = dict(reversed(line.split()) for line in (tmp_path / "model/SHA256SUMS").read_text().splitlines())
    assert set(sums) == {"leak-leak.json", "leak-burst.json"}
    for name, digest in sums.items():
        loaded = Model.load((tmp_path / "model" / name).read_bytes(), digest)
        assert loaded.provenance["data"] == DATA.source


def test_a_failure_is_said_where_sagemaker_looks_for_it(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="promised"):
        entry.main(container(tmp_path, DATA, "0" * 64))
    assert (tmp_path / "output/failure").read_text().startswith("ValueError: the dataset is not the one")
