"""Starting by business key: a second start finds, mends or replaces the first."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from meterflow.adapters import executions
from meterflow.errors import TransientError
from meterflow.ids import execution_name

MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:meter-submission"


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "StartExecution")


class Machine:
    """Step Functions as far as `start` knows it: executions by name with a status."""

    def __init__(self) -> None:
        self.executions: dict[str, dict[str, Any]] = {}
        self.redrivable = True
        self.status_after_redrive = "RUNNING"
        self.calls: list[str] = []

    def start_execution(self, **request: Any) -> dict[str, str]:
        self.calls.append("start")
        assert request["stateMachineArn"] == MACHINE
        arn = f"{MACHINE.replace(':stateMachine:', ':execution:')}:{request['name']}"
        if arn in self.executions:
            raise refused("ExecutionAlreadyExists")
        self.executions[arn] = {"status": "RUNNING", "input": json.loads(request["input"]), "redriveCount": 0}
        return {"executionArn": arn}

    def describe_execution(self, **request: Any) -> dict[str, Any]:
        return self.executions[request["executionArn"]]

    def redrive_execution(self, **request: Any) -> None:
        self.calls.append("redrive")
        execution = self.executions[request["executionArn"]]
        if not self.redrivable:
            execution["status"] = self.status_after_redrive
            raise refused("ExecutionNotRedrivable")
        execution.update(status=self.status_after_redrive, redriveCount=execution["redriveCount"] + 1)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    fake = Machine()
    monkeypatch.setattr(executions, "client", lambda _service: fake)
    return fake


def start() -> str:
    return executions.start(MACHINE, "s-1", {"submission_id": "s-1"})


def test_the_first_start_takes_the_keys_name(machine: Machine) -> None:
    arn = start()
    assert arn.endswith(f":execution:meter-submission:{execution_name('s-1')}")
    assert machine.executions[arn]["input"] == {"submission_id": "s-1"}


@pytest.mark.parametrize("status", ["RUNNING", "SUCCEEDED", "PENDING_REDRIVE"])
def test_what_goes_on_or_is_done_is_a_success(machine: Machine, status: str) -> None:
    arn = start()
    machine.executions[arn]["status"] = status
    assert start() == arn
    assert machine.calls == ["start", "start"]


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
def test_what_broke_is_redriven(machine: Machine, status: str) -> None:
    arn = start()
    machine.executions[arn]["status"] = status
    assert start() == arn
    assert machine.executions[arn]["status"] == "RUNNING"
    assert machine.calls == ["start", "start", "redrive"]


def test_what_broke_again_after_its_redrive_is_replaced(machine: Machine) -> None:
    arn = start()
    machine.executions[arn].update(status="FAILED", redriveCount=1)
    second = start()
    assert second != arn
    assert second.endswith(execution_name("s-1#again"))
    assert start() == second, "the replacement is found as well"
    assert "redrive" not in machine.calls


def test_two_that_redrive_at_once_both_succeed(machine: Machine) -> None:
    arn = start()
    machine.executions[arn]["status"] = "FAILED"
    machine.redrivable = False
    assert start() == arn


def test_what_is_too_old_to_be_redriven_is_replaced(machine: Machine) -> None:
    arn = start()
    machine.executions[arn]["status"] = machine.status_after_redrive = "FAILED"
    machine.redrivable = False
    assert start().endswith(execution_name("s-1#again"))


@pytest.mark.parametrize(("code", "raised"), [("ThrottlingException", TransientError), ("AccessDenied", ClientError)])
def test_outages_pass_and_bugs_do_not(
    machine: Machine, code: str, raised: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: Any) -> None:
        raise refused(code)

    monkeypatch.setattr(machine, "start_execution", refuse)
    with pytest.raises(raised):
        start()
