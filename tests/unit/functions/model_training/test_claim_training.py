"""ClaimTraining: one of several starts trains; defaults are settled once and stay the same when repeated."""

from typing import Any

import pytest

from meterflow import clock
from meterflow.adapters import claims
from meterflow.training_data import training_id

from .conftest import CUT, HOLDER, enter, keep


def ask(call: Any, holder: str = HOLDER, **more: Any) -> Any:
    return call("claim_training", kind="leak", cut=CUT, holder=holder, **more)


def test_the_first_gets_it_and_every_bound(call: Any) -> None:
    said = ask(call)
    assert said["outcome"] == "CLAIMED"
    assert said["training_id"] == training_id("leak", CUT)
    plan = said["plan"]
    assert (plan["share"], plan["canary_seconds"], plan["check_seconds"]) == (0.1, 3600, 900)
    assert (plan["rows"], plan["trials"], plan["budget_seconds"]) == (20_000, 4, 120)
    assert 0 <= plan["seed"] < 2**31


def test_a_repetition_is_the_same_and_a_second_start_is_not(call: Any) -> None:
    first = ask(call)
    assert ask(call) == first
    assert ask(call, "another")["outcome"] == "TAKEN"
    assert call("claim_training", kind="leak", cut="2026-11-21T00:00:00Z", holder="another")["outcome"] == "CLAIMED"


def test_what_was_asked_for_holds(call: Any) -> None:
    asked = {"seed": 3, "rows": 1500, "trials": 2, "budget_seconds": 9, "share": 0.4, "canary_seconds": 5}
    assert ask(call, **asked, check_seconds=1)["plan"] == {**asked, "check_seconds": 1}


def test_a_training_that_gave_its_claim_back_may_begin_anew(call: Any) -> None:
    ask(call)
    claims.give_back(training_id("leak", CUT), "somebody else")
    assert ask(call, "again")["outcome"] == "TAKEN"
    claims.give_back(training_id("leak", CUT), HOLDER)
    assert ask(call, "again")["outcome"] == "CLAIMED"


def test_a_training_whose_execution_died_may_begin_anew_after_its_lease(
    call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    ask(call)
    monkeypatch.setattr(clock, "now", lambda: now.replace(year=now.year + 1))
    assert ask(call, "again")["outcome"] == "CLAIMED"


def test_a_version_on_trial_keeps_the_kind_busy(call: Any) -> None:
    enter(keep(), "canary", by="another execution")
    assert ask(call)["outcome"] == "BUSY"


def test_a_redriven_training_finds_its_own_canary(call: Any) -> None:
    enter(keep(), "canary", by=HOLDER)
    assert ask(call)["outcome"] == "CLAIMED"


def test_the_sample_event(call: Any, event: Any) -> None:
    assert call("claim_training", **event("model_training/claim_training"))["outcome"] == "CLAIMED"
