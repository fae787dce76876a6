"""Waking the machine that waits for a person's answer about a job."""

import json
from collections.abc import Mapping

from botocore.exceptions import ClientError

from meterflow.adapters.aws import aws_calls, client, error_code
from meterflow.adapters.jobs import Stored

# The wait is over: it timed out, was answered before, or its execution has ended.
OVER = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})


def wake(stored: Stored, wait: str, output: Mapping[str, str]) -> bool:
    """Answer `wait` with `output` where the machine waits for it. False where nothing waits (any more).

    That is no failure: the job's row holds the answer, and the machine reads the row after every wait, also after
    one that timed out. So calling this again, or not at all, changes when the machine goes on and not what it does.
    Raises TransientError on an outage.
    """
    if stored.waits_for != wait or not stored.task_token:
        return False
    return answer_token(stored.task_token, output)


def answer_token(task_token: str, output: Mapping[str, str]) -> bool:
    """Complete the task of `task_token`. False where it is over. Raises TransientError on an outage."""
    with aws_calls():
        try:
            client("stepfunctions").send_task_success(taskToken=task_token, output=json.dumps(dict(output)))
        except ClientError as error:
            if error_code(error) not in OVER:
                raise
            return False
    return True
