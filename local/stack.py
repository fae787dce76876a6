"""What state a stack of the laptop cloud is in, and how to get one that an interrupted deployment left back to work."""

import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

# Where `sam deploy --resolve-s3` keeps its bucket.
SAM_BUCKET_STACK = "aws-sam-cli-managed-default"
# These take an update: after UPDATE_ROLLBACK_COMPLETE what was deployed before is back.
WORKING = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")
# These take nothing but a deletion.
DEAD = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED", "DELETE_FAILED")
# How long an operation that nobody waits for any more may take; one that the emulator was killed in never ends.
OPERATION_SECONDS = 90
POLL_SECONDS = 0.5

Say = Callable[[str], None]


class StackBroken(RuntimeError):
    """The stack can be neither deployed to nor deleted."""


def describe(cloudformation: Any, name: str) -> dict[str, Any] | None:
    """The stack, or None where there is none."""
    try:
        found: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return None
        raise
    return None if found["StackStatus"] == "DELETE_COMPLETE" else found


def status(cloudformation: Any, name: str) -> str | None:
    """The stack's status, or None where there is none."""
    found = describe(cloudformation, name)
    return str(found["StackStatus"]) if found else None


def outputs(cloudformation: Any, name: str) -> dict[str, str]:
    """The stack's outputs, or nothing where it is not deployed."""
    found = describe(cloudformation, name)
    if found is None or found["StackStatus"] not in WORKING:
        return {}
    return {item["OutputKey"]: item["OutputValue"] for item in found.get("Outputs", [])}


def mend(cloudformation: Any, name: str, loss: str, say: Say) -> None:
    """Bring the stack into a state that sam can deploy to, losing as little as can be.

    What still runs is waited for, a failed rollback is tried once more, and what takes no update at all is deleted;
    `loss` says what goes with it. Raises StackBroken where even that fails.
    """
    now = _wait(cloudformation, name, say)
    if now == "UPDATE_ROLLBACK_FAILED":
        say(f"  {name}: its last rollback failed; trying it again")
        cloudformation.continue_update_rollback(StackName=name)
        now = _wait(cloudformation, name, say)
    if now in DEAD or _under_way(now):
        say(
            f"  {name}: an earlier deployment left it in {now}, which takes no update. "
            f"It is deleted and made anew: {loss}"
        )
        _delete(cloudformation, name, say)


def _delete(cloudformation: Any, name: str, say: Say) -> None:
    for options in ({}, {"DeletionMode": "FORCE_DELETE_STACK"}):
        cloudformation.delete_stack(StackName=name, **options)
        now = _wait(cloudformation, name, say)
        if now is None:
            return
    raise StackBroken(
        f"{name} stays in {now} and can not be deleted. Begin anew: make stop, remove .local/state, make run"
    )


def _wait(cloudformation: Any, name: str, say: Say) -> str | None:
    """The status when nothing is under way any more, or when that has taken too long."""
    deadline = time.monotonic() + OPERATION_SECONDS
    now = status(cloudformation, name)
    if _under_way(now):
        say(f"  {name} is in {now}: waiting for its end")
    while _under_way(now) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        now = status(cloudformation, name)
    return now


def _under_way(now: str | None) -> bool:
    # REVIEW_IN_PROGRESS is a stack that was only planned; sam plans it again.
    return now is not None and now.endswith("_IN_PROGRESS") and now != "REVIEW_IN_PROGRESS"


def first_failure(cloudformation: Any, name: str) -> str:
    """What went wrong first in the stack's last operation, as `resource: reason`; empty where nothing did."""
    if describe(cloudformation, name) is None:
        return ""
    events: list[dict[str, Any]] = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    failure = ""
    # Newest first: the last operation ends where the stack itself begins to be created or updated.
    for event in events:
        if event["ResourceStatus"].endswith("_FAILED") and event.get("ResourceStatusReason"):
            failure = f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}"
        begins = event["ResourceStatus"] in ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS")
        if begins and event["PhysicalResourceId"] == event["StackId"]:
            break
    return failure
