"""GET /meters."""

from typing import Any

import pytest

from meterflow.paging import to_token


def test_own_meters_page_by_page(call: Any, meter: Any) -> None:
    for number in range(3):
        meter(f"WTR-{number}")
    meter("WTR-9", owner="ben")
    status, first = call("list_meters", query={"limit": "2"})
    assert status == 200
    assert [item["meter_id"] for item in first["items"]] == ["WTR-0", "WTR-1"]
    status, last = call("list_meters", query={"limit": "2", "next": first["next"]})
    assert [item["meter_id"] for item in last["items"]] == ["WTR-2"]
    assert "next" not in last
    assert "owner" not in first["items"][0]


@pytest.mark.usefixtures("aws")
def test_nobody_has_an_empty_list(call: Any) -> None:
    assert call("list_meters", user="stranger") == (200, {"items": []})


def test_a_token_of_another_opens_nothing(call: Any, meter: Any) -> None:
    for number in range(3):
        meter(f"WTR-{number}", owner="ben")
    token = call("list_meters", query={"limit": "1"}, user="ben")[1]["next"]
    assert call("list_meters", query={"next": token}, user="stranger") == (200, {"items": []})


@pytest.mark.parametrize(
    ("groups", "status", "count"), [("operator", 200, 1), ("technician", 403, None), ("", 403, None)]
)
def test_only_operators_name_another_owner(call: Any, meter: Any, groups: str, status: int, count: int | None) -> None:
    meter("WTR-9", owner="ben")
    found, body = call("list_meters", query={"owner": "ben"}, groups=groups)
    assert found == status
    assert count is None or len(body["items"]) == count


def test_anybody_may_name_themselves(call: Any, meter: Any) -> None:
    meter("WTR-9", owner="ben")
    assert len(call("list_meters", query={"owner": "ben"}, user="ben")[1]["items"]) == 1


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "101"},
        {"limit": "-1"},
        {"limit": "ten"},
        {"limit": "²"},
        {"limit": ""},
        {"next": "!"},
        {"next": "e30"},
        {"next": "é"},
        {"next": to_token({"meter_id": ""})},
        {"next": to_token({"meter_id": "a", "owner": "b"})},
        {"next": to_token({"taken_at": "a", "submission_id": "b"})},
    ],
)
def test_wrong_pages_are_refused(call: Any, query: dict[str, str]) -> None:
    assert call("list_meters", query=query)[0] == 400


def test_the_sample_event(load_handler: Any, lambda_context: Any, event: Any, meter: Any) -> None:
    meter()
    response = load_handler("api", "list_meters").handler(event("api/list_meters"), lambda_context)
    assert response["statusCode"] == 200
    assert "WTR-0001" in response["body"]
