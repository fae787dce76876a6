"""Following an execution: a line per step with its decision, children under their parent."""

import json
from typing import Any

import pytest

from cli import follow
from local import deploy


@pytest.mark.parametrize(
    ("result", "line"),
    [
        ({"outcome": "VALID", "meter": {"digits": 5}, "submission_id": "x"}, "VALID"),
        (
            {"verdict": "MATCH", "reading": "00412.850", "confidence": 0.98, "reasons": []},
            "MATCH, reading 00412.850, confidence 0.98",
        ),
        ({"verdict": "UNREADABLE", "reading": None, "reasons": ["blur", "dark"]}, "UNREADABLE, reasons blur, dark"),
        ({"risk_level": "LOW", "score": 0}, "risk_level LOW, score 0"),
        ({"status": "ACCEPTED", "decision": ""}, "ACCEPTED"),
        ({"photo_key": "uploads/x.jpg"}, ""),
        ({}, ""),
        ([], ""),
        (None, ""),
        ("text", ""),
    ],
)
def test_what_a_step_decided(result: Any, line: str) -> None:
    assert follow.describe(result) == line


def test_the_name_of_the_execution_is_that_of_the_api() -> None:
    arn = follow.execution_arn("arn:aws:states:eu-central-1:000000000000:stateMachine:Submissions", "key")
    prefix = "arn:aws:states:eu-central-1:000000000000:execution:Submissions:"
    assert arn.startswith(prefix)
    assert len(arn.removeprefix(prefix)) == 40


def left(number: int, name: str, output: Any) -> dict[str, Any]:
    """A state's end."""
    details = {"name": name, "output": json.dumps(output)}
    return {"id": number, "type": "TaskStateExited", "stateExitedEventDetails": details}


class States:
    """Step Functions with histories that grow: each look shows one status more."""

    def __init__(self, histories: dict[str, list[dict[str, Any]]], statuses: dict[str, list[str]]) -> None:
        self.histories, self.statuses = histories, statuses

    def describe_execution(self, executionArn: str) -> dict[str, str]:  # noqa: N803 - the name is AWS's
        left_over = self.statuses[executionArn]
        return {"status": left_over.pop(0) if len(left_over) > 1 else left_over[0]}

    def get_execution_history(self, executionArn: str, **_options: int) -> dict[str, Any]:  # noqa: N803
        return {"events": self.histories[executionArn]}


def watch(states: States, monkeypatch: pytest.MonkeyPatch, **options: float) -> tuple[str, list[str]]:
    """Follow the execution `parent`; its final status and what was said."""
    monkeypatch.setattr(deploy, "client", lambda _service: states)
    monkeypatch.setattr(follow.time, "sleep", lambda _seconds: None)
    said: list[str] = []
    return follow.follow("parent", said.append, **options), said


def test_each_step_once_and_children_under_their_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    child = {"ExecutionArn": "child", "Status": "SUCCEEDED"}
    parent = [
        left(1, "ValidateReading", {"outcome": "VALID"}),
        {"id": 2, "type": "TaskSucceeded", "taskSucceededEventDetails": {"output": json.dumps(child)}},
        left(3, "ValidatePhoto", {"verdict": "MATCH"}),
    ]
    histories = {"parent": parent, "child": [left(1, "CheckPhoto", {"outcome": "USABLE"})]}
    states = States(histories, {"parent": ["RUNNING", "RUNNING", "SUCCEEDED"], "child": ["SUCCEEDED"]})
    final, said = watch(states, monkeypatch)
    assert final == "SUCCEEDED"
    assert [line.rstrip() for line in said] == [
        "  ValidateReading      VALID",
        "      CheckPhoto           USABLE",
        "  ValidatePhoto        MATCH",
    ]


def test_a_failure_is_said_on_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    details = {"error": "PhotoUnreadable", "cause": "first\nsecond " + "x" * 500}
    history = [{"id": 1, "type": "ExecutionFailed", "executionFailedEventDetails": details}]
    final, said = watch(States({"parent": history}, {"parent": ["FAILED"]}), monkeypatch)
    assert final == "FAILED"
    assert said[0].startswith("  failed: PhotoUnreadable first second xxx")
    assert len(said[0]) < 240


def test_it_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    states = States({"parent": []}, {"parent": ["RUNNING"]})
    with pytest.raises(TimeoutError, match="still RUNNING after 0 s"):
        watch(states, monkeypatch, timeout=0)
