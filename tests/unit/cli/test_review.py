"""`meterflow review`: what is asked of the API, and what is said."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from cli import submit

Run = Callable[..., Any]
ITEM = {
    "submission_id": "s-1",
    "meter_id": "WTR-0001",
    "value": "00412.850",
    "reading": "00418.850",
    "stage": "SECOND",
    "audit": False,
    "escalated": True,
    "priority": {
        "odds": "0.9000",
        "difference": "6.0000",
        "price": "2.00",
        "expected_cost": "10.80",
        "waiting": "1.25",
        "escalated": "50.00",
        "total": "62.05",
        "currency": "EUR",
    },
}
SHARE = {"count": 1, "of": 2, "share": "0.5", "low": "0", "high": "1"}
REVIEWER = {
    "reviewer": "ann",
    "decisions": 2,
    "agreed_with_reader": SHARE,
    "agreed_with_person": SHARE,
    "corrections": SHARE,
    "downward": SHARE,
    "flags": [{"code": "FAVOURS_DOWN"}],
}


class FakeSession:
    """Answers each path once it is told how."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, str, Any]] = []
        self.answer: Any = None

    def as_role(self, _where: Any, role: str) -> "FakeSession":
        self.role = role
        return self

    def call(self, method: str, path: str, body: Any = None) -> Any:
        self.calls.append((self.role, method, path, body))
        return self.answer


@pytest.fixture
def api(stopped_cloud: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> FakeSession:  # noqa: ARG001
    session = FakeSession()
    monkeypatch.setattr(submit, "log_in", session.as_role)
    return session


def test_the_queue_shows_its_sum(meterflow: Run, api: FakeSession) -> None:
    api.answer = {"items": [ITEM]}
    done = meterflow("review", "list", "--as", "technician")
    assert done.status == 0
    head, why = done.out.splitlines()
    assert head == "s-1  WTR-0001  sent 00412.850, the photo shows 00418.850  SECOND, escalated"
    assert why == "  62.05 EUR = 0.9000 x 6.0000 x 2.00 + waiting 1.25 + escalated 50.00"
    assert api.calls == [("technician", "GET", "/validations?limit=100&order=urgency", None)]
    assert json.loads(meterflow("review", "list", "--json").out) == api.answer


def test_an_item_without_a_stake_and_an_empty_queue(meterflow: Run, api: FakeSession) -> None:
    api.answer = {"items": [{**ITEM, "priority": None, "reading": None}]}
    assert "nothing readable  SECOND, escalated\n" in meterflow("review", "list").out
    api.answer = {"items": []}
    assert meterflow("review", "list").out == "nothing waits\n"


@pytest.mark.parametrize(
    ("outcome", "said"),
    [("DECIDED", "decided"), ("SECOND_OPINION", "another person has to look"), ("DISAGREED", "two people differ")],
)
def test_a_decision(meterflow: Run, api: FakeSession, outcome: str, said: str) -> None:
    api.answer = {"submission_id": "s-1", "status": "x", "value": "00418.850", "outcome": outcome}
    done = meterflow("review", "decide", "s-1", "--value", "00418.850", "--reason", "seen")
    assert done.out.startswith(f"00418.850: {said}")
    sent = {"value": "00418.850", "reason": "seen"}
    assert api.calls == [("operator", "POST", "/validations/s-1/correction", sent)]


def test_people(meterflow: Run, api: FakeSession) -> None:
    api.answer = {"items": [REVIEWER]}
    done = meterflow("review", "people", "--kind", "gas")
    assert done.out.startswith("ann  2 decisions: agreed with the reader 1/2, with people 1/2")
    assert done.out.endswith("; FAVOURS_DOWN\n")
    assert api.calls == [("operator", "GET", "/reviews/statistics?limit=100&kind=gas", None)]
    api.answer = {"items": []}
    assert meterflow("review", "people").out == "nobody has decided anything yet\n"


@pytest.mark.parametrize("arguments", [(), ("decide", "s-1"), ("people", "--kind", "steam")])
def test_wrong_use(meterflow: Run, arguments: tuple[str, ...]) -> None:
    assert meterflow("review", *arguments).status == 2


def test_nothing_runs(meterflow: Run) -> None:
    done = meterflow("review", "list")
    assert (done.status, done.out) == (1, "")
    assert "make run" in done.err
