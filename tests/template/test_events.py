"""Every sample event works on the contract of who takes it: they are for tests and `sam local invoke` alike."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.template import events
from tests.template.cloudformation import ROOT, Stack, project
from tests.template.names import pascal
from tests.template.permissions import routes
from tests.workflow import asl

EVENTS = list(events.sample_events(ROOT))


def routes_of(here: Stack, function: str) -> set[tuple[str, str]]:
    return {(method, path) for _, method, path, name in routes(here) if name == function}


def test_there_are_events() -> None:
    assert EVENTS, "events/ holds nothing"


@pytest.mark.parametrize(("workflow", "name", "path"), EVENTS, ids=[f"{e[0]}/{e[1]}" for e in EVENTS])
def test_event_fits_its_contract(workflow: str, name: str, path: Any) -> None:
    event = json.loads(path.read_text(encoding="utf-8"))
    app = ROOT / "functions" / workflow / name / "app.py"
    if not app.exists():
        definition = asl.FOLDER / f"{workflow}.asl.json"
        assert definition.exists(), f"{path} belongs to no function and no machine"
        assert events.check_workflow_event(workflow, asl.load(definition), event) == []
        return
    source = app.read_text(encoding="utf-8")
    if workflow == "api":
        here = routes_of(project(), f"{pascal(name)}Function")
        assert events.check_route_event(source, event, here) == []
    else:
        assert events.check_step_event(source, event) == []


STEP = (
    "from meterflow.contracts.meter_submission import AnnounceOutcomeInput\nAnnounceOutcomeInput.model_validate(event)"
)
BODY = "from meterflow.contracts.technician_dispatch import CompletionBody\nbody = request.body(CompletionBody)"
CALL: dict[str, Any] = {
    "httpMethod": "POST",
    "resource": "/jobs/{job_id}/complete",
    "pathParameters": {"job_id": "job-1"},
    "requestContext": {"authorizer": {"claims": {"token_use": "id", "sub": "u"}}},
    "body": '{"note": "done"}',
}
ROUTES = {("POST", "/jobs/{job_id}/complete")}


MACHINE: asl.Machine = {
    "StartAt": "SettleMessage",
    "States": {
        "SettleMessage": {
            "Type": "Task",
            "Resource": asl.INVOKE,
            "Arguments": {"FunctionName": "${SettleMessageFunctionArn}", "Payload": "{% $states.input %}"},
            "Next": "Done",
        },
        "Done": {"Type": "Succeed"},
    },
}
SETTLED = {"notification_id": "n-1", "event_id": "e-1", "topic": "job_changed", "outcome": "SENT"}


def test_good_events_pass() -> None:
    assert events.check_step_event(STEP, {"submission_id": "s-1"}) == []
    assert events.check_route_event(BODY, CALL, ROUTES) == []
    assert events.check_workflow_event("maintenance_notification", MACHINE, SETTLED) == []


@pytest.mark.parametrize(
    ("source", "event", "word"),
    [
        (STEP, {"submission": "s-1"}, "submission_id: Field required"),
        ("handle(event)", {"submission_id": "s-1"}, "by no contract"),
    ],
)
def test_a_bad_step_event_is_refused(source: str, event: Any, word: str) -> None:
    assert any(word in problem for problem in events.check_step_event(source, event))


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"httpMethod": "GET"}, "is a call of"),
        ({"resource": "/jobs"}, "is a call of"),
        ({"requestContext": {}}, "Log in first"),
        ({"pathParameters": {"id": "job-1"}}, "gives the path"),
        ({"body": '{"colour": "red"}'}, "CompletionBody: colour"),
    ],
)
def test_a_bad_route_event_is_refused(changed: dict[str, Any], word: str) -> None:
    assert any(word in problem for problem in events.check_route_event(BODY, {**CALL, **changed}, ROUTES))


def test_a_bad_workflow_event_is_refused() -> None:
    found = events.check_workflow_event("maintenance_notification", MACHINE, {**SETTLED, "topic": "gossip"})
    assert any("SettleMessageInput: topic" in problem for problem in found)
    found = events.check_workflow_event("maintenance_notification", {**MACHINE, "StartAt": "Done"}, SETTLED)
    assert "before any step" in found[0]
