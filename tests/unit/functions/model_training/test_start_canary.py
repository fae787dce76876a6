"""StartCanary: the share is served by the version; a repeated start keeps its beginning."""

from typing import Any

from meterflow.adapters import model_store
from meterflow.clock import from_text
from meterflow.model_registry import SHIPPED, State, choose_version

from .conftest import HOLDER, PLAN, enter, keep


def ask(call: Any, version: str) -> Any:
    return call("start_canary", kind="leak", version=version, plan=PLAN, holder=HOLDER)


def test_about_the_share_of_the_meters_is_served_by_it(call: Any) -> None:
    version = keep()
    enter(version)
    said = ask(call, version)
    assert (said["outcome"], said["share"]) == ("STARTED", 0.5)
    assert (from_text(said["until"]) - from_text(said["started_at"])).total_seconds() == 60
    registry = model_store.load("leak")
    served = [choose_version(registry, f"WTR-{number:04d}") for number in range(1000)]
    assert set(served) == {version, SHIPPED}
    assert 420 < served.count(version) < 580
    assert ask(call, version) == said


def test_two_are_never_tried_at_once(call: Any) -> None:
    first, second = keep(1.0), keep(2.0)
    enter(first, "canary")
    enter(second)
    assert ask(call, second)["outcome"] == "BUSY"
    registry = model_store.load("leak")
    assert [one.version for one in registry.versions if one.state is State.CANARY] == [first]
