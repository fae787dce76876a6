"""JudgeModel: the gate on kept scores; its rules are tested with model_gate."""

import json
from typing import Any

import pytest

from meterflow.adapters import model_store
from meterflow.errors import BrokenInvariant
from meterflow.model_scores import Judged, scores


def kept(key: str, good: bool) -> str:
    rows = [Judged("leak", "STANDARD", "leak", n % 2 == 0, 0.9 if (n % 2 == 0) == good else 0.1) for n in range(400)]
    model_store.put_once(key, scores(rows).model_dump_json().encode())
    return key


def test_better_passes_and_worse_does_not(call: Any) -> None:
    good, bad = kept("models/leak/a.json", True), kept("models/leak/b.json", False)
    assert call("judge_model", scores_key=good, current_scores_key=bad) == {"outcome": "PASSED", "reasons": []}
    said = call("judge_model", scores_key=bad, current_scores_key=good)
    assert said["outcome"] == "FAILED"
    assert any("auc" in reason for reason in said["reasons"])


def test_the_first_is_judged_by_itself(call: Any) -> None:
    good = kept("models/leak/a.json", True)
    model_store.put_once("models/leak/none.json", json.dumps(None).encode())
    assert call("judge_model", scores_key=good, current_scores_key="models/leak/none.json")["outcome"] == "PASSED"
    with pytest.raises(BrokenInvariant):
        call("judge_model", scores_key="models/leak/none.json", current_scores_key=good)
