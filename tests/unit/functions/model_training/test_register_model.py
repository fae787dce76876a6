"""RegisterModel: every version is kept with its card, also a refused one; repeating it changes nothing."""

from typing import Any

import pytest

from meterflow.adapters import model_store, trained_files
from meterflow.errors import BrokenInvariant, TransientError
from meterflow.model_registry import State, sum_of

from .conftest import HOLDER, enter, keep, prepared

PASSED = {"outcome": "PASSED", "reasons": []}
REFUSED = {"outcome": "FAILED", "reasons": ["leak: auc is 0.500"]}


def ask(call: Any, version: str, judgement: Any = None, **more: Any) -> Any:
    data = prepared()
    evaluation = call("evaluate_model", kind="leak", version=version, data=data)
    sha256 = sum_of(trained_files.training("leak", version).files)
    given = {"sha256": sha256, "seed": 7, "data": data, "evaluation": evaluation, "holder": HOLDER} | more
    return call("register_model", kind="leak", version=version, judgement=judgement or PASSED, **given)


def test_a_passed_version_is_a_candidate_with_a_card(call: Any) -> None:
    version = keep()
    said = ask(call, version)
    assert said["outcome"] == "CANDIDATE"
    found = model_store.load("leak").find(version)
    assert found
    assert (found.state, found.seed, found.data["source"]) == (State.CANDIDATE, 7, "test")
    assert found.scores["leak"]["rows"] == 3000
    card = (model_store.get(said["card_key"]) or b"").decode()
    assert found.sha256 in card
    assert "seed: 7" in card
    assert "| STANDARD |" in card
    assert "nothing of its sensors" in card


def test_a_refused_version_is_kept_with_its_reasons(call: Any) -> None:
    version = keep()
    said = ask(call, version, REFUSED)
    assert (said["outcome"], said["reasons"]) == ("REJECTED", ["leak: auc is 0.500"])
    found = model_store.load("leak").find(version)
    assert found
    assert (found.state, found.reasons) == (State.REJECTED, ("leak: auc is 0.500",))


def test_what_serves_already_is_nothing_new(call: Any) -> None:
    version = keep()
    enter(version, "current")
    assert ask(call, version)["outcome"] == "SAME"


def test_repeating_it_changes_nothing(call: Any) -> None:
    version = keep()
    first = ask(call, version)
    revision = model_store.load("leak").revision
    assert ask(call, version) == first
    assert model_store.load("leak").revision == revision


def test_killed_between_registry_and_card_then_run_again(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    version = keep()

    real = model_store.put_new

    def killed(key: str, *given: Any) -> bool:
        if key.endswith(".md"):
            raise TransientError("killed")
        return real(key, *given)

    with monkeypatch.context() as patch:
        patch.setattr(model_store, "put_new", killed)
        with pytest.raises(TransientError):
            ask(call, version)
    found = model_store.load("leak").find(version)
    assert found
    assert found.state is State.CANDIDATE
    said = ask(call, version)
    assert said["outcome"] == "CANDIDATE"
    assert model_store.get(said["card_key"])
    assert len(model_store.load("leak").versions) == 1


def test_other_files_than_were_trained_are_refused(call: Any) -> None:
    with pytest.raises(BrokenInvariant):
        ask(call, keep(), sha256="0" * 64)
