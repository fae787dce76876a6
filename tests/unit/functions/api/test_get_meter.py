"""GET /meters/{meter_id}."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("user", "groups", "status"),
    [
        ("owner", "", 200),
        ("tech", "technician", 200),
        ("op", "operator", 200),
        ("stranger", "", 404),
    ],
)
def test_who_sees_a_meter(call: Any, meter: Any, user: str, groups: str, status: int) -> None:
    meter("WTR-1", owner="owner")
    found, body = call("get_meter", path={"meter_id": "WTR-1"}, user=user, groups=groups)
    assert found == status
    assert ("Canary" in str(body)) is (status == 200)


def test_another_meter_looks_like_none(call: Any, meter: Any) -> None:
    meter("WTR-1", owner="owner")
    answers = [call("get_meter", path={"meter_id": one}, user="stranger") for one in ("WTR-1", "WTR-2")]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("meter_id", ["", "x" * 3000, "a b", "../x", "\x00"])
def test_odd_ids_are_not_there(call: Any, meter_id: str) -> None:
    assert call("get_meter", path={"meter_id": meter_id})[0] == 404


def test_the_sample_event(load_handler: Any, lambda_context: Any, event: Any, meter: Any) -> None:
    meter()
    response = load_handler("api", "get_meter").handler(event("api/get_meter"), lambda_context)
    assert response["statusCode"] == 200
