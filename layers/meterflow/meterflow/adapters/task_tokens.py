"""Answering a state machine that waits for a task token."""

import json
from collections.abc import Mapping

from botocore.exceptions import ClientError

from meterflow.adapters.aws import aws_calls, client, error_code

# The wait is over: it timed out, was answered before, or its execution has ended.
OVER = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})


def answer(task_token: str, output: Mapping[str, str]) -> bool:
    """Complete the waiting task. False where nothing waits any more. Raises TransientError on an outage."""
    with aws_calls():
        try:
            client("stepfunctions").send_task_success(taskToken=task_token, output=json.dumps(dict(output)))
        except ClientError as error:
            if error_code(error) not in OVER:
                raise
            return False
    return True
