"""PUT /meters/{meter_id}/submeters: known meters of the same kind, and never a circle."""

from typing import Any

import pytest

from meterflow.adapters import meter_changes, meters
from meterflow.meter import MeterKind


def put(call: Any, meter_id: str, *submeters: str) -> tuple[int, Any]:
    body = {"submeters": list(submeters)}
    status, answer = call("set_submeters", body, path={"meter_id": meter_id}, user="op", groups="operator")
    return status, answer


def stored(meter_id: str) -> tuple[str, ...]:
    found = meters.get(meter_id)
    assert found
    return found.submeters


@pytest.fixture
def three(meter: Any) -> None:
    for name in ("A", "B", "C"):
        meter(name)


@pytest.mark.usefixtures("three")
def test_the_list_is_replaced_and_may_be_repeated(call: Any) -> None:
    for submeters in (["B", "C"], ["B", "C"], ["C"], []):
        assert put(call, "A", *submeters) == (200, {"meter_id": "A", "submeters": submeters})
        assert stored("A") == tuple(submeters)


@pytest.mark.usefixtures("three")
def test_a_circle_of_any_length_is_refused(call: Any) -> None:
    assert put(call, "A", "B")[0] == put(call, "B", "C")[0] == 200
    assert put(call, "B", "A")[0] == 409
    assert put(call, "C", "A")[0] == 409
    assert stored("C") == ()
    # What stands behind two meters is no circle.
    assert put(call, "A", "B", "C")[0] == 200


@pytest.mark.usefixtures("three")
def test_two_at_once_make_no_circle(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real, raced = meter_changes.change_submeters, []

    def late(*arguments: Any) -> bool:
        if not raced:
            raced.append(1)
            assert put(call, "B", "A")[0] == 200
        return real(*arguments)

    monkeypatch.setattr(meter_changes, "change_submeters", late)
    assert put(call, "A", "B")[0] == 409
    assert (stored("A"), stored("B")) == ((), ("A",))


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("wrong", ["A", "NOBODY", "GAS"])
def test_what_cannot_stand_behind_it_is_named(call: Any, meter: Any, wrong: str) -> None:
    meter("GAS", kind=MeterKind.GAS)
    status, problem = put(call, "A", "B", wrong)
    assert (status, [one["field"] for one in problem["errors"]]) == (400, ["submeters.1"])
    assert stored("A") == ()


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("groups", ["", "technician"])
def test_nobody_but_operators(call: Any, groups: str) -> None:
    assert call("set_submeters", {"submeters": ["B"]}, path={"meter_id": "A"}, groups=groups)[0] == 403
    assert stored("A") == ()


@pytest.mark.usefixtures("three")
def test_no_such_meter(call: Any) -> None:
    assert put(call, "NOBODY", "B")[0] == 404


@pytest.mark.usefixtures("three")
def test_too_many_are_refused(call: Any) -> None:
    assert put(call, "A", *(f"M-{number}" for number in range(51)))[0] == 400
