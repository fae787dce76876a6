"""EvaluateModel: both versions on the same rows, by zone and cause; held-out live rows count too."""

from typing import Any

from meterflow.adapters import trained_files
from meterflow.scoring import model as scoring_model

from .conftest import enter, example, keep, prepared


def test_both_are_asked_the_same(call: Any) -> None:
    current, candidate = keep(weight=0.0), keep(weight=2.0)
    enter(current, "current")
    live = [example(f"S-{number:02d}") for number in range(12)]
    data = prepared(*live)
    said = call("evaluate_model", kind="leak", version=candidate, data=data)
    assert (said["current"], said["live_rows"]) == (current, data["held_out"])
    ours, theirs = (trained_files.scores(said[key]) for key in ("scores_key", "current_scores_key"))
    assert ours
    assert theirs
    assert ours.overall["leak"].rows == theirs.overall["leak"].rows == said["frozen_rows"] + data["held_out"]
    # A model that always says the same cannot tell a leak from none; one that looks at the day's flow can.
    assert theirs.overall["leak"].auc == 0.5
    assert ours.overall["leak"].auc > 0.6
    assert {"CRITICAL", "STANDARD", "live STANDARD"} <= set(ours.zones["leak"])
    assert {"quiet", "burst", "leak"} <= set(ours.causes["leak"])
    assert call("evaluate_model", kind="leak", version=candidate, data=data) == said


def test_before_the_first_model_there_is_nothing_to_compare_with(call: Any, monkeypatch: Any) -> None:
    def none(_name: str) -> Any:
        raise scoring_model.ModelRefused("none")

    monkeypatch.setattr(trained_files, "shipped", none)
    said = call("evaluate_model", kind="leak", version=keep(), data=prepared())
    assert said["current"] == "shipped (none)"
    assert trained_files.scores(said["current_scores_key"]) is None
