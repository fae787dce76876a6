"""The registry: who serves whom, which changes are possible, and that making one twice changes nothing."""

from datetime import UTC, datetime

import pytest

from meterflow.model_registry import (
    SHIPPED,
    NotPossible,
    Registry,
    State,
    Version,
    choose_version,
    go_back,
    promote,
    register,
    reject,
    share_of,
    start_canary,
    sum_of,
    version_name,
)

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def version(name: str, sha256: str = "") -> Version:
    return Version(
        version=name, sha256=sha256 or name, files={"leak-leak": name}, registered_at="2026-11-21T00:00:00Z", origin="t"
    )


def registry(**states: str) -> Registry:
    found = Registry(kind="leak")
    for name, state in states.items():
        found = register(found, version(name), NOW)
        if state == "canary":
            found = start_canary(found, name, 0.25, NOW, "t")
        if state in ("current", "retired"):
            found = promote(found, name, NOW, "t")
        if state == "rejected":
            found = reject(found, name, NOW, "t", ("bad",))
    return found


def states(of: Registry) -> dict[str, str]:
    return {one.version: one.state.value for one in of.versions}


def test_an_empty_registry_serves_what_ships() -> None:
    assert choose_version(Registry(kind="leak"), "S-1") == SHIPPED


def test_the_canary_serves_its_share_and_always_the_same_meters() -> None:
    found = registry(a="current", b="canary")
    chosen = {f"S-{n}": choose_version(found, f"S-{n}") for n in range(4000)}
    share = sum(name == "b" for name in chosen.values()) / len(chosen)
    assert 0.23 < share < 0.27
    assert set(chosen.values()) == {"a", "b"}
    assert chosen == {sensor: choose_version(found, sensor) for sensor in chosen}
    # A wider share keeps those that were in already.
    wider = found.model_copy(update={"share": 0.5})
    assert all(choose_version(wider, sensor) == "b" for sensor, name in chosen.items() if name == "b")


def test_another_version_tries_other_meters_first() -> None:
    first = {n for n in range(2000) if share_of("b", f"S-{n}") < 0.1}
    second = {n for n in range(2000) if share_of("c", f"S-{n}") < 0.1}
    assert len(first & second) < 60 < len(first)


def test_the_way_of_a_version() -> None:
    found = registry(a="current", b="candidate")
    assert states(start_canary(found, "b", 0.1, NOW, "t")) == {"a": "current", "b": "canary"}
    found = promote(start_canary(found, "b", 0.1, NOW, "t"), "b", NOW, "t", ("fine",))
    assert states(found) == {"a": "retired", "b": "current"}
    assert (found.share, found.current) == (0.0, "b")
    assert found.find("b") is not None


def test_a_canary_that_is_rejected_leaves_everybody_to_the_one_in_use() -> None:
    found = reject(registry(a="current", b="canary"), "b", NOW, "t", ("worse",))
    assert states(found) == {"a": "current", "b": "rejected"}
    assert {choose_version(found, f"S-{n}") for n in range(200)} == {"a"}


@pytest.mark.parametrize("again", [
    lambda found: register(found, version("a"), NOW),
    lambda found: promote(found, "a", NOW, "t"),
    lambda found: start_canary(found, "b", 0.9, NOW, "t"),
    lambda found: reject(found, "c", NOW, "t", ("other words",)),
])  # fmt: skip
def test_a_change_made_twice_changes_nothing(again: object) -> None:
    found = registry(c="rejected", a="current", b="canary")
    assert again(found) is found  # type: ignore[operator]


@pytest.mark.parametrize(("change", "why"), [
    (lambda found: register(found, version("a", "other"), NOW), "has other models"),
    (lambda found: start_canary(found, "d", 0.1, NOW, "t"), "b is being tried"),
    (lambda found: start_canary(found, "b", 0, NOW, "t"), "above 0"),
    (lambda found: promote(found, "c", NOW, "t"), "c is rejected"),
    (lambda found: promote(found, "x", NOW, "t"), "no leak version x"),
    (lambda found: reject(found, "a", NOW, "t", ()), "a is current"),
])  # fmt: skip
def test_what_is_not_possible_says_why(change: object, why: str) -> None:
    found = registry(c="rejected", a="current", b="canary", d="candidate")
    with pytest.raises(NotPossible, match=why):
        change(found)  # type: ignore[operator]


def test_going_back_step_by_step_ends_with_what_ships() -> None:
    found = registry(a="retired", b="retired", c="current", d="canary")
    assert states(found) == {"a": "retired", "b": "retired", "c": "current", "d": "canary"}
    for current in ("c", "b", "a", SHIPPED):
        found = go_back(found, NOW, "t", ("no",))
        assert found.current == current
    with pytest.raises(NotPossible, match="shipped"):
        go_back(found, NOW, "t", ("no",))
    assert states(found) == {"a": "retired", "b": "retired", "c": "retired", "d": "rejected"}


def test_a_name_follows_from_the_models() -> None:
    assert version_name("2026-11-21T08:00:00Z", {"leak-leak": "ab"}).startswith("2026-11-21-")
    assert sum_of({"a": "1", "b": "2"}) == sum_of({"b": "2", "a": "1"}) != sum_of({"a": "2", "b": "1"})


def test_it_survives_its_document() -> None:
    found = registry(a="current", b="canary")
    assert Registry.model_validate_json(found.model_dump_json()) == found
    assert found.in_state(State.CANARY)
