"""Logs: whose step it was, about what, how it ended; nothing of what people wrote."""

import io
import json
from typing import Any

import pytest

from meterflow import observability
from meterflow.observability import step

EVENT = {
    "submission_id": "sub-1",
    "meter_id": "WTR-0001",
    "value": "00123.456",
    "email": "ana@example.org",
    "task_token": "AAAAKgAAAAIAAAAA",
}
PERSONAL = ("00123.456", "ana@example.org", "AAAAKgAAAAIAAAAA", "Ana")


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What goes to CloudWatch."""
    stream = io.StringIO()
    monkeypatch.setattr(observability.logger.registered_handler, "stream", stream)
    return stream


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines() if '"level"' in line]


def test_a_line_says_which_step_did_what_about_which_thing(written: io.StringIO, lambda_context: Any) -> None:
    @step
    def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        return {"outcome": "REJECTED", "name": "Ana", **event}

    handler(EVENT, lambda_context)
    [line] = lines(written)
    assert (line["level"], line["message"], line["outcome"]) == ("INFO", "step done", "REJECTED")
    assert (line["function"], line["submission_id"], line["meter_id"]) == (
        "function-under-test",
        "sub-1",
        "WTR-0001",
    )
    assert line["timestamp"]
    assert not [word for word in PERSONAL if word in written.getvalue()]


def test_a_failure_names_its_error_and_the_same_things(written: io.StringIO, lambda_context: Any) -> None:
    @step
    def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        raise LookupError(f"no customer ana@example.org for {event['value']}")

    with pytest.raises(LookupError):
        handler(EVENT, lambda_context)
    [line] = lines(written)
    assert (line["level"], line["message"], line["error"]) == ("ERROR", "step failed", "LookupError")
    assert (line["function"], line["submission_id"]) == ("function-under-test", "sub-1")
    assert not [word for word in PERSONAL if word in written.getvalue()]


def test_a_warm_function_forgets_the_call_before(written: io.StringIO, lambda_context: Any) -> None:
    @step
    def handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
        return {}

    handler(EVENT, lambda_context)
    handler({"job_id": "job-1"}, lambda_context)
    first, second = lines(written)
    assert first["submission_id"] == "sub-1"
    assert "submission_id" not in second
    assert second["job_id"] == "job-1"


def test_every_line_inside_a_step_carries_its_keys(written: io.StringIO, lambda_context: Any) -> None:
    @step
    def handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
        observability.logger.warning("the provider was slow")
        return {}

    handler(EVENT, lambda_context)
    assert [(line["message"], line["submission_id"]) for line in lines(written)] == [
        ("the provider was slow", "sub-1"),
        ("step done", "sub-1"),
    ]
