"""POST /meters."""

from typing import Any

import pytest

from meterflow.adapters import meters

GOOD: dict[str, Any] = {
    "meter_id": "WTR-9001",
    "kind": "water",
    "unit": "m3",
    "digits": 5,
    "decimals": 3,
    "location": {"lat": 52.52, "lon": 13.405},
}


@pytest.mark.usefixtures("aws")
def test_the_caller_becomes_the_owner_of_an_active_meter(call: Any) -> None:
    status, body = call("register_meter", GOOD | {"serial_number": "4711", "zone": "north"}, user="ana")
    assert status == 201
    assert body == {
        "meter_id": "WTR-9001",
        "kind": "water",
        "unit": "m3",
        "digits": 5,
        "decimals": 3,
        "multiplier": "1",
        "max_daily": "60",
        "serial_number": "4711",
        "location": {"lat": 52.52, "lon": 13.405, "address": None},
        "zone": "north",
        "active": True,
        "registered_at": body["registered_at"],
        "latest": None,
        "risk_level": None,
    }
    stored = meters.get("WTR-9001")
    assert stored
    assert stored.owner == "ana"


@pytest.mark.usefixtures("aws")
def test_what_is_ours_to_set_is_not_read(call: Any) -> None:
    greedy = {"owner": "ben", "active": False, "max_daily": "1", "multiplier": "9", "latest": {}, "risk_level": "LOW"}
    assert call("register_meter", GOOD | greedy, user="ana")[0] == 201
    stored = meters.get("WTR-9001")
    assert stored
    assert (stored.owner, stored.active, stored.max_daily, stored.multiplier) == ("ana", True, 60, 1)


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("user", ["ana", "ben"])
def test_a_second_registration_is_a_conflict(call: Any, user: str) -> None:
    assert call("register_meter", GOOD, user="ana")[0] == 201
    status, problem = call("register_meter", GOOD | {"digits": 6}, user=user)
    assert status == 409
    assert "ana" not in str(problem)
    stored = meters.get("WTR-9001")
    assert stored
    assert (stored.owner, stored.digits) == ("ana", 5)


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    ("kind", "unit"), [("gas", "m3"), ("electricity", "kWh"), ("heat", "kWh"), ("heat", "MWh"), ("heat", "GJ")]
)
def test_units_of_all_kinds(call: Any, kind: str, unit: str) -> None:
    assert call("register_meter", GOOD | {"kind": kind, "unit": unit})[0] == 201


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"meter_id": "a/b"}, "meter_id"),
        ({"meter_id": ""}, "meter_id"),
        ({"meter_id": "a" * 65}, "meter_id"),
        ({"meter_id": 7}, "meter_id"),
        ({"meter_id": "<img>"}, "meter_id"),
        ({"meter_id": "WTR-1\n"}, "meter_id"),
        ({"kind": "steam"}, "kind"),
        ({"unit": "kWh"}, "unit"),
        ({"unit": "l"}, "unit"),
        ({"digits": 2}, "digits"),
        ({"digits": 10}, "digits"),
        ({"digits": "5"}, "digits"),
        ({"digits": True}, "digits"),
        ({"digits": 5.5}, "digits"),
        ({"decimals": -1}, "decimals"),
        ({"decimals": 5}, "decimals"),
        ({"decimals": None}, "decimals"),
        ({"location": {"lat": 90.1, "lon": 0}}, "location.lat"),
        ({"location": {"lat": 0, "lon": -180.1}}, "location.lon"),
        ({"location": {"lat": "52", "lon": 0}}, "location.lat"),
        ({"location": {"lat": True, "lon": 0}}, "location.lat"),
        ({"location": {"lat": 0}}, "location.lon"),
        ({"location": "here"}, "location"),
        ({"location": {"lat": 0, "lon": 0, "address": "a\x00b"}}, "location.address"),
        ({"location": {"lat": 0, "lon": 0, "address": "x" * 201}}, "location.address"),
        ({"serial_number": "a\nb"}, "serial_number"),
        ({"serial_number": "x" * 65}, "serial_number"),
        ({"serial_number": "\x85"}, "serial_number"),
        ({"zone": ""}, "zone"),
        ({"zone": "\u202e\x1b[31m"}, "zone"),
    ],
)
def test_wrong_fields_are_named(call: Any, change: dict[str, Any], field: str) -> None:
    status, problem = call("register_meter", GOOD | change)
    assert status == 400
    assert [error["field"] for error in problem["errors"]] == [field]


@pytest.mark.parametrize(
    "body",
    [
        None,
        "",
        "{",
        "[]",
        "7",
        '{"location": {"lat": NaN, "lon": 0}}',
        '{"location": {"lat": 1e999, "lon": 0}}',
        '{"zone": "\\ud800"}',
        "[" * 30_000,
    ],
)
def test_what_is_no_meter_at_all(call: Any, body: str | None) -> None:
    assert call("register_meter", body)[0] == 400


def test_too_much_is_not_read(call: Any) -> None:
    assert call("register_meter", GOOD | {"more": "x" * 70_000})[0] == 413


def test_an_access_token_registers_nothing(call: Any) -> None:
    assert call("register_meter", GOOD, token_use="access")[0] == 401


@pytest.mark.usefixtures("aws")
def test_the_sample_event(load_handler: Any, lambda_context: Any, event: Any) -> None:
    response = load_handler("api", "register_meter").handler(event("api/register_meter"), lambda_context)
    assert response["statusCode"] == 201
