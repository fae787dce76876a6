"""POST /readings: one submission for a user and token, however often and however broken its way is."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest

from meterflow.adapters import executions, readings
from meterflow.errors import TransientError
from meterflow.http import Caller, Request
from meterflow.ids import execution_name, submission_id

USER = "00000000-0000-4000-8000-000000000001"
GOOD: dict[str, Any] = {
    "meter_id": "WTR-0001",
    "value": "00123.456",
    "taken_at": "2026-11-20T08:00:00Z",
    "client_token": "t-1",
}
ID = submission_id(USER, "t-1")


class Machine:
    """The executions that were started, by name, as AWS holds them."""

    def __init__(self, arn: str) -> None:
        self.arn = arn

    def inputs(self) -> list[dict[str, Any]]:
        client = boto3.client("stepfunctions")
        found = client.list_executions(stateMachineArn=self.arn)["executions"]
        return [
            json.loads(client.describe_execution(executionArn=one["executionArn"])["input"])
            for one in found
            if one["name"] == execution_name(ID)
        ]


@pytest.fixture
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Machine:
    request.getfixturevalue("aws")
    definition = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
    arn = boto3.client("stepfunctions").create_state_machine(
        name="meter-submission", definition=json.dumps(definition), roleArn="arn:aws:iam::123456789012:role/r"
    )["stateMachineArn"]
    monkeypatch.setenv("METER_SUBMISSION_STATE_MACHINE_ARN", arn)
    return Machine(arn)


def test_accepted_and_started(call: Any, meter: Any, machine: Machine) -> None:
    meter()
    status, body = call("submit_reading", GOOD)
    assert (status, body) == (202, {"submission_id": ID, "status_url": f"/readings/{ID}"})
    row = readings.get(ID)
    assert row
    assert (row.status, row.value, row.source) == ("PROCESSING", "00123.456", "customer")
    assert machine.inputs() == [
        {
            "submission_id": ID,
            "meter_id": "WTR-0001",
            "value": "00123.456",
            "taken_at": "2026-11-20T08:00:00Z",
            "source": "customer",
            "submitted_by": USER,
            "photo_key": None,
            "unit": None,
            "serial_number": None,
            "estimate": None,
        }
    ]


def test_the_same_again_is_the_same(call: Any, meter: Any, machine: Machine) -> None:
    meter()
    first = call("submit_reading", GOOD)
    assert call("submit_reading", GOOD) == first
    assert call("submit_reading", GOOD | {"taken_at": "2026-11-20T09:00:00+01:00"}) == first, "the same moment"
    assert len(machine.inputs()) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"value": "00123.457"},
        {"value": "123.456"},
        {"taken_at": "2026-11-20T08:00:01Z"},
        {"photo_key": f"uploads/{USER}/p.jpg"},
        {"meter_id": "WTR-0002"},
    ],
)
def test_another_body_under_the_same_token_is_refused(
    call: Any, meter: Any, machine: Machine, change: dict[str, str]
) -> None:
    meter()
    meter("WTR-0002")
    call("submit_reading", GOOD)
    assert call("submit_reading", GOOD | change)[0] == 422
    row = readings.get(ID)
    assert row
    assert row.value == "00123.456"
    assert len(machine.inputs()) == 1


def test_the_same_token_of_another_person_is_another_submission(call: Any, meter: Any, machine: Machine) -> None:
    meter()
    meter("WTR-0002", owner="ben")
    first = call("submit_reading", GOOD)[1]["submission_id"]
    status, body = call("submit_reading", GOOD | {"meter_id": "WTR-0002"}, user="ben")
    assert status == 202
    assert body["submission_id"] != first
    assert machine.arn


def test_twenty_at_once_are_one(load_handler: Any, meter: Any, machine: Machine) -> None:
    meter()
    # Below the wrapper: its metrics belong to a process, and Lambda gives every call at once a process of its own.
    handle = load_handler("api", "submit_reading").handle
    request = Request(Caller(USER), {}, {}, json.dumps(GOOD))
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(handle, [request] * 20))
    assert {answer["statusCode"] for answer in answers} == {202}
    assert {json.loads(answer["body"])["submission_id"] for answer in answers} == {ID}
    assert len(readings.page("WTR-0001", 100)[0]) == 1
    assert len(machine.inputs()) == 1


@pytest.mark.parametrize(
    ("user", "groups", "status", "source"),
    [
        (USER, "", 202, "customer"),
        (USER, "operator", 202, "customer"),
        ("tech", "technician", 202, "technician"),
        ("op", "operator", 202, "technician"),
        ("stranger", "", 404, None),
    ],
)
@pytest.mark.usefixtures("machine")
def test_who_may_submit(call: Any, meter: Any, user: str, groups: str, status: int, source: str | None) -> None:
    meter()
    found, body = call("submit_reading", GOOD, user=user, groups=groups)
    assert found == status
    if source:
        row = readings.get(body["submission_id"])
        assert row
        assert (row.source, row.submitted_by) == (source, user)


@pytest.mark.parametrize("meter_id", ["WTR-NONE", "a b", "WTR-0002"])
@pytest.mark.usefixtures("machine")
def test_a_meter_that_is_not_there_or_not_yours(call: Any, meter: Any, meter_id: str) -> None:
    meter()
    meter("WTR-0002", owner="ben")
    assert call("submit_reading", GOOD | {"meter_id": meter_id})[0] == 404
    assert readings.get(ID) is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"value": 123.456}, "value"),
        ({"value": "123,456"}, "value"),
        ({"value": "-1"}, "value"),
        ({"value": "1e3"}, "value"),
        ({"value": "٣"}, "value"),
        ({"value": "1\n"}, "value"),
        ({"value": ""}, "value"),
        ({"value": None}, "value"),
        ({"value": "1" * 13}, "value"),
        ({"taken_at": "yesterday"}, "taken_at"),
        ({"taken_at": "2026-11-20T08:00:00"}, "taken_at"),
        ({"taken_at": 1763625600}, "taken_at"),
        ({"taken_at": "0001-01-01T00:00:00+14:00"}, "taken_at"),
        ({"client_token": ""}, "client_token"),
        ({"client_token": "a b"}, "client_token"),
        ({"client_token": "x" * 129}, "client_token"),
        ({"client_token": None}, "client_token"),
        ({"meter_id": 7}, "meter_id"),
        ({"photo_key": ""}, "photo_key"),
        ({"photo_key": "uploads/somebody/p.jpg"}, "photo_key"),
        ({"photo_key": f"uploads/{USER}/../x/p.jpg"}, "photo_key"),
        ({"photo_key": f"uploads/{USER}x/p.jpg"}, "photo_key"),
        ({"photo_key": f"photos/{USER}/p.jpg"}, "photo_key"),
    ],
)
def test_wrong_fields_are_named(call: Any, change: dict[str, Any], field: str) -> None:
    status, problem = call("submit_reading", GOOD | change)
    assert status == 400
    assert [error["field"] for error in problem["errors"]] == [field]


@pytest.mark.parametrize("value", ["00000.001", "999999", "1.2345"])
def test_what_only_a_rule_can_refuse_is_taken(call: Any, meter: Any, machine: Machine, value: str) -> None:
    meter()
    assert call("submit_reading", GOOD | {"value": value})[0] == 202
    assert len(machine.inputs()) == 1


@pytest.mark.parametrize("name", ["0b1f.jpg", "0b1f.jpeg", "0b1f.png", "0B1F.JPG"])
def test_a_photo_of_ones_own_goes_along(call: Any, meter: Any, machine: Machine, name: str) -> None:
    meter()
    key = f"uploads/{USER}/{name}"
    assert call("submit_reading", GOOD | {"photo_key": key})[0] == 202
    assert machine.inputs()[0]["photo_key"] == key


def test_killed_between_row_and_start_then_sent_again(
    call: Any, meter: Any, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any) -> str:
        raise TransientError("killed")

    meter()
    with monkeypatch.context() as patch:
        patch.setattr(executions, "start", killed)
        status, problem = call("submit_reading", GOOD)
        assert (status, problem["status"]) == (503, 503)
    assert machine.inputs() == []
    assert readings.get(ID) is not None
    assert call("submit_reading", GOOD)[0] == 202
    assert len(machine.inputs()) == 1


def test_killed_after_the_start_then_sent_again(
    call: Any, meter: Any, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = executions.start

    def killed(*given: Any) -> str:
        real(*given)
        raise TransientError("killed")

    meter()
    with monkeypatch.context() as patch:
        patch.setattr(executions, "start", killed)
        assert call("submit_reading", GOOD)[0] == 503
    assert call("submit_reading", GOOD)[0] == 202
    assert len(machine.inputs()) == 1


def test_the_sample_event(load_handler: Any, lambda_context: Any, event: Any, meter: Any, machine: Machine) -> None:
    meter()
    assert machine.arn
    response = load_handler("api", "submit_reading").handler(event("api/submit_reading"), lambda_context)
    assert response["statusCode"] == 202
    assert json.loads(response["body"])["submission_id"] == event("api/get_reading")["pathParameters"]["submission_id"]
