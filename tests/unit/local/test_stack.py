"""A stack that an earlier deployment left behind is brought back to work, losing as little as can be."""

from collections.abc import Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import stack


class Formation:
    """CloudFormation with one stack whose status is the next of `story` at each look; the last one stays."""

    def __init__(self, *story: str | None) -> None:
        self.story = list(story)
        self.calls: list[str] = []
        self.after: dict[str, Sequence[str | None]] = {}

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - the name is AWS's
        now = self.story.pop(0) if len(self.story) > 1 else self.story[0]
        if now is None:
            error = {"Code": "ValidationError", "Message": f"Stack with id {StackName} does not exist"}
            raise ClientError({"Error": error}, "DescribeStacks")
        outputs = [{"OutputKey": "ApiUrl", "OutputValue": "https://api"}]
        return {"Stacks": [{"StackStatus": now, "Outputs": outputs}]}

    def continue_update_rollback(self, **_options: str) -> None:
        self._act("continue")

    def delete_stack(self, **options: str) -> None:
        self._act(options.get("DeletionMode", "delete"))

    def _act(self, name: str) -> None:
        self.calls.append(name)
        self.story = list(self.after[name])


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(10_000))
    monkeypatch.setattr(stack.time, "sleep", lambda _seconds: None)
    monkeypatch.setattr(stack.time, "monotonic", lambda: float(next(clock)))


def mend(formation: Formation) -> list[str]:
    """Mend it and return what was said."""
    said: list[str] = []
    stack.mend(formation, "meterflow", "all of it is lost", said.append)
    return said


@pytest.mark.parametrize(
    "now", [None, "CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"]
)
def test_a_stack_that_takes_a_deployment_is_left_alone(now: str | None) -> None:
    formation = Formation(now)
    assert mend(formation) == []
    assert formation.calls == []


def test_what_still_runs_is_waited_for() -> None:
    formation = Formation("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE")
    assert mend(formation) == ["  meterflow is in UPDATE_IN_PROGRESS: waiting for its end"]
    assert formation.calls == []


@pytest.mark.parametrize("now", ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"])
def test_a_dead_stack_is_deleted_and_the_loss_is_said(now: str) -> None:
    formation = Formation(now)
    formation.after = {"delete": ["DELETE_IN_PROGRESS", None]}
    said = mend(formation)
    assert formation.calls == ["delete"]
    assert now in said[0]
    assert said[0].endswith("all of it is lost")


def test_an_operation_that_never_ends_is_dead() -> None:
    formation = Formation("CREATE_IN_PROGRESS")
    formation.after = {"delete": [None]}
    mend(formation)
    assert formation.calls == ["delete"]


def test_a_failed_rollback_is_tried_again_before_anything_is_lost() -> None:
    formation = Formation("UPDATE_ROLLBACK_FAILED")
    formation.after = {"continue": ["UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"]}
    mend(formation)
    assert formation.calls == ["continue"]


def test_a_rollback_that_fails_again_is_deleted() -> None:
    formation = Formation("UPDATE_ROLLBACK_FAILED")
    formation.after = {"continue": ["UPDATE_ROLLBACK_FAILED"], "delete": [None]}
    mend(formation)
    assert formation.calls == ["continue", "delete"]


def test_what_does_not_delete_is_forced() -> None:
    formation = Formation("ROLLBACK_COMPLETE")
    formation.after = {"delete": ["DELETE_FAILED"], "FORCE_DELETE_STACK": ["DELETE_COMPLETE"]}
    mend(formation)
    assert formation.calls == ["delete", "FORCE_DELETE_STACK"]


def test_what_can_not_even_be_forced_says_how_to_begin_anew() -> None:
    formation = Formation("ROLLBACK_COMPLETE")
    formation.after = {"delete": ["DELETE_FAILED"], "FORCE_DELETE_STACK": ["DELETE_FAILED"]}
    with pytest.raises(stack.StackBroken, match=r"make stop, remove .local/state, make run"):
        mend(formation)


@pytest.mark.parametrize(
    ("now", "there"),
    [
        ("CREATE_COMPLETE", True),
        ("UPDATE_COMPLETE", True),
        ("UPDATE_ROLLBACK_COMPLETE", True),
        ("CREATE_IN_PROGRESS", False),
        ("ROLLBACK_COMPLETE", False),
        ("UPDATE_ROLLBACK_FAILED", False),
        ("DELETE_COMPLETE", False),
        (None, False),
    ],
)
def test_outputs_are_those_of_a_stack_that_works(now: str | None, there: bool) -> None:
    assert stack.outputs(Formation(now), "meterflow") == ({"ApiUrl": "https://api"} if there else {})


def test_an_error_that_says_nothing_about_the_stack_is_not_its_absence() -> None:
    class Throttled:
        def describe_stacks(self, StackName: str) -> Any:  # noqa: N803
            raise ClientError({"Error": {"Code": "Throttling", "Message": StackName}}, "DescribeStacks")

    with pytest.raises(ClientError, match="Throttling"):
        stack.outputs(Throttled(), "meterflow")


def event(resource: str, status: str, reason: str = "", physical: str = "p") -> dict[str, str]:
    return {
        "LogicalResourceId": resource,
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
        "PhysicalResourceId": physical,
        "StackId": "the-stack",
    }


def test_the_first_failure_of_the_last_operation() -> None:
    newest_first = [
        event("meterflow", "UPDATE_ROLLBACK_COMPLETE", "", "the-stack"),
        event("Other", "UPDATE_FAILED", "Resource creation cancelled"),
        event("Queue", "UPDATE_FAILED", "no such thing"),
        event("meterflow", "UPDATE_IN_PROGRESS", "User Initiated", "the-stack"),
        event("Old", "CREATE_FAILED", "long ago"),
    ]

    class Events(Formation):
        def describe_stack_events(self, **_options: str) -> dict[str, Any]:
            return {"StackEvents": newest_first}

    there = Events("UPDATE_ROLLBACK_COMPLETE")
    assert stack.first_failure(there, "meterflow") == "Queue: no such thing"
    newest_first[1:3] = []
    assert stack.first_failure(there, "meterflow") == ""
    assert stack.first_failure(Formation(None), "meterflow") == ""
