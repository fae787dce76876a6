"""The other tests see through openapi.yaml what Contract sees, so it has to see."""

import copy
from typing import Any

import pytest

from tests.unit.api_contract.contract import PROBLEM, Contract, contract

TAKEN: dict[str, Any] = {"submission_id": "0f2d9cf1-b6c5-59ed-bec7-31c1fff24c81"}
TAKEN["status_url"] = f"/readings/{TAKEN['submission_id']}"
JSON = {"Content-Type": "application/json"}


def test_a_good_answer_has_no_faults() -> None:
    assert contract().answer_faults("submit_reading", 202, JSON, TAKEN) == []


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (200, JSON, TAKEN),
        (202, {"Content-Type": "text/html"}, TAKEN),
        (202, JSON, TAKEN | {"owner": "ana"}),
        (202, JSON, {"submission_id": TAKEN["submission_id"]}),
        (202, JSON, TAKEN | {"submission_id": "not-a-uuid"}),
        (202, JSON, TAKEN | {"status_url": TAKEN["status_url"] + "\n"}),
        (404, {"Content-Type": PROBLEM}, {"type": "about:blank", "title": "No", "status": 403}),
        (404, {"Content-Type": PROBLEM}, {"type": "about:blank", "status": 404}),
        (404, JSON, {"type": "about:blank", "title": "No", "status": 404}),
        (503, {"Content-Type": PROBLEM, "Retry-After": "soon"}, {"type": "about:blank", "title": "No", "status": 503}),
    ],
)
def test_a_bad_answer_has(status: int, headers: dict[str, str], body: Any) -> None:
    assert contract().answer_faults("submit_reading", status, headers, body)


def test_a_required_header_is_missed() -> None:
    faults = contract().answer_faults("create_session", 200, JSON, {"groups": []})
    assert faults == ["no header Set-Cookie"]


def test_times_are_looked_at() -> None:
    for text in ("2026-11-21T08:00:00Z", "2026-11-21T08:00:00.123Z"):
        assert contract().shape_faults("Time", text) == []
    wrong: list[Any] = ["2026-11-21T08:00:00+01:00", "2026-13-21T08:00:00Z", "2026-11-21T08:00:00.123456Z", "", 7]
    for other in wrong:
        assert contract().shape_faults("Time", other)


def test_another_document_is_another_contract() -> None:
    document = copy.deepcopy(contract().document)
    document["components"]["schemas"]["Submitted"]["additionalProperties"] = True
    assert Contract(document).answer_faults("submit_reading", 202, JSON, TAKEN | {"owner": "ana"}) == []
