"""AnnounceModel: the news under one id; a training that broke gives its claim back."""

from typing import Any

import pytest

from meterflow.adapters import bus, claims
from meterflow.clock import now
from meterflow.training_data import training_id

from .conftest import CUT, HOLDER


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    monkeypatch.setattr(bus, "publish", lambda name, detail: found.append((name, detail)))
    return found


def ask(call: Any, state: str) -> Any:
    return call("announce_model", kind="leak", cut=CUT, state=state, version="v", reasons=["r"], holder=HOLDER)


def test_the_same_news_have_the_same_id(call: Any, told: list[tuple[str, Any]]) -> None:
    assert ask(call, "current") == ask(call, "current")
    assert ask(call, "rejected")["event_id"] != told[0][1]["event_id"]
    name, detail = told[0]
    assert name == "ModelChanged"
    assert {key: detail[key] for key in ("kind", "state", "version", "reasons")} == {
        "kind": "leak", "state": "current", "version": "v", "reasons": ["r"],
    }  # fmt: skip
    assert "holder" not in detail


@pytest.mark.parametrize(("state", "free"), [("failed", True), ("current", False)])
def test_only_what_broke_may_begin_anew(call: Any, told: list[tuple[str, Any]], state: str, free: bool) -> None:
    business = training_id("leak", CUT)
    hours = claims.timedelta(hours=6)
    claims.lease(business, HOLDER, now(), hours)
    ask(call, state)
    assert told
    assert (claims.lease(business, "again", now(), hours) == "again") is free
