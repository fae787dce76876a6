"""The sample events are inputs of the contracts, every function has one, and none is too large for a state."""

import json
from pathlib import Path

import pytest

from meterflow.contracts import image_validation as contracts

ROOT = Path(__file__).parents[4]
EVENTS = ROOT / "events/image_validation"
STEPS = sorted(
    folder.name for folder in (ROOT / "functions/image_validation").iterdir() if (folder / "app.py").exists()
)


@pytest.mark.parametrize("step", STEPS)
def test_sample_event(step: str) -> None:
    text = (EVENTS / f"{step}.json").read_text()
    model = getattr(contracts, "".join(word.title() for word in step.split("_")) + "Input")
    assert model.model_validate(json.loads(text))
    assert len(text) < 4096
