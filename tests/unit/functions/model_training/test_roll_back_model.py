"""RollBackModel: the version before serves everybody again; the refused one keeps its reasons."""

from typing import Any

from meterflow.adapters import model_store
from meterflow.model_registry import State, choose_version

from .conftest import HOLDER, enter, keep


def ask(call: Any, version: str) -> Any:
    return call("roll_back_model", kind="leak", version=version, reasons=["worse"], holder=HOLDER)


def test_nobody_is_served_by_it_any_longer(call: Any) -> None:
    before, version = keep(1.0), keep(2.0)
    enter(before, "current")
    enter(version, "canary", share=1.0)
    assert choose_version(model_store.load("leak"), "WTR-0001") == version
    assert ask(call, version)["outcome"] == "REJECTED"
    registry = model_store.load("leak")
    assert choose_version(registry, "WTR-0001") == before
    found = registry.find(version)
    assert found
    assert (found.state, found.reasons) == (State.REJECTED, ("worse",))
    assert ask(call, version)["outcome"] == "REJECTED"
    assert model_store.load("leak").revision == registry.revision


def test_what_a_person_promoted_meanwhile_goes_on_serving(call: Any) -> None:
    version = keep()
    enter(version, "canary", "current")
    assert ask(call, version)["outcome"] == "OVERTAKEN"
    assert model_store.load("leak").current == version


def test_what_is_not_registered_is_nothing_to_take_back(call: Any) -> None:
    assert ask(call, "2026-01-01-01234567")["outcome"] == "OVERTAKEN"
