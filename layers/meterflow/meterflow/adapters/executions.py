"""Starting state machines by business key, so that a second start finds the first."""

import json
from typing import Any

from botocore.exceptions import ClientError

from meterflow.adapters.aws import aws_calls, client, error_code
from meterflow.ids import execution_name

GOING_OR_DONE = frozenset({"RUNNING", "SUCCEEDED", "PENDING_REDRIVE"})


def start(machine_arn: str, business_key: str, payload: dict[str, Any]) -> str:
    """Start the machine once for `business_key` and return the ARN of the execution that does the business.

    A name that is taken is the same business: an execution that runs or has succeeded is a success, and one that
    FAILED, TIMED_OUT or was ABORTED is redriven. One that broke again after its redrive, or can no longer be redriven
    (14 days), is left behind, and a new one starts under a key that adds the attempt: a redrive goes on from the
    state that failed, and where a caught error ended in a Fail state that is all it enters again.
    Steps absorb being run twice. Raises TransientError on an outage.
    """
    name = execution_name(business_key)
    with aws_calls():
        try:
            answer = client("stepfunctions").start_execution(
                stateMachineArn=machine_arn, name=name, input=json.dumps(payload)
            )
        except ClientError as error:
            if error_code(error) != "ExecutionAlreadyExists":
                raise
        else:
            return str(answer["executionArn"])
        execution_arn = f"{machine_arn.replace(':stateMachine:', ':execution:')}:{name}"
        if _goes_on(execution_arn):
            return execution_arn
    return start(machine_arn, f"{business_key}#again", payload)


def _goes_on(execution_arn: str) -> bool:
    """Whether the execution runs, has succeeded, or was redriven just now."""
    known = client("stepfunctions").describe_execution(executionArn=execution_arn)
    if known["status"] in GOING_OR_DONE:
        return True
    if known.get("redriveCount", 0) > 0:
        return False
    try:
        client("stepfunctions").redrive_execution(executionArn=execution_arn)
    except ClientError as error:
        if error_code(error) != "ExecutionNotRedrivable":
            raise
        # Two callers may redrive at once: the second finds it running.
        status = client("stepfunctions").describe_execution(executionArn=execution_arn)["status"]
        return status in GOING_OR_DONE
    return True
