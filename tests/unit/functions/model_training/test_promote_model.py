"""PromoteModel: one serves every meter; the one before retires; a person's decision is not undone."""

from typing import Any

from meterflow.adapters import model_store
from meterflow.model_registry import State

from .conftest import HOLDER, enter, keep


def ask(call: Any, version: str) -> Any:
    return call("promote_model", kind="leak", version=version, reasons=["fine"], holder=HOLDER)


def test_the_canary_serves_everybody_and_the_one_before_retires(call: Any) -> None:
    before, version = keep(1.0), keep(2.0)
    enter(before, "current")
    enter(version, "canary")
    assert ask(call, version)["outcome"] == "CURRENT"
    registry = model_store.load("leak")
    states = {one.version: one.state for one in registry.versions}
    assert states == {before: State.RETIRED, version: State.CURRENT}
    assert registry.share == 0
    assert ask(call, version)["outcome"] == "CURRENT"
    assert model_store.load("leak").revision == registry.revision


def test_what_a_person_rejected_meanwhile_stays_rejected(call: Any) -> None:
    version = keep()
    enter(version, "canary", "rejected")
    assert ask(call, version)["outcome"] == "OVERTAKEN"
    assert model_store.load("leak").current == "shipped"
