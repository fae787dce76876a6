"""TrainModel: the real training on few rows. The same seed and trials give the same version."""

from typing import Any

import pytest

from meterflow.adapters import trained_files
from meterflow.errors import BrokenInvariant

from .conftest import CUT, PLAN, prepared


def test_training_twice_gives_the_same_models_and_says_how(call: Any) -> None:
    data = prepared()
    said = call("train_model", kind="leak", cut=CUT, plan=PLAN, data=data)
    assert (said["outcome"], said["trials"]) == ("TRAINED", 1)
    assert said["version"].startswith("2026-11-20-")
    assert set(trained_files.models("leak", said["version"])) == {"leak-leak", "leak-burst"}
    made = trained_files.training("leak", said["version"])
    assert (made.facts["generated_rows"], made.facts["live_rows"]) == (1200, 0)
    assert "generated rows (seed 7)" in made.facts["source"]
    again = call("train_model", kind="leak", cut=CUT, plan=PLAN, data=data)
    assert (again["version"], again["sha256"]) == (said["version"], said["sha256"])


def test_other_data_than_promised_are_refused(call: Any) -> None:
    with pytest.raises(BrokenInvariant):
        call("train_model", kind="leak", cut=CUT, plan=PLAN, data={**prepared(), "dataset_sha256": "0" * 64})
