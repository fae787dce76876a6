"""Waiting for a task token as AWS does it: the deadline may be an expression, and a function that fails fails the task.

The emulator takes TimeoutSeconds for a number as it stands, and waits on after the function that should have handed
the token over has failed, so that neither a retry nor a Catch ever sees it.
"""

import contextvars
from typing import Any

from ministack.services import stepfunctions

_waiting: contextvars.ContextVar[bool] = contextvars.ContextVar("waiting", default=False)


class _InvocationFailed(Exception):
    """Carries the task's error past the emulator's `except _ExecutionError: pass`."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


def install() -> None:
    """Wrap the emulator's tasks. Raises AttributeError when they have moved."""
    execute, invoke, wait = stepfunctions._execute_task, stepfunctions._call_lambda, stepfunctions._invoke_with_callback
    template = stepfunctions._apply_jsonata_template
    stepfunctions._ExecutionError, stepfunctions._task_tokens  # noqa: B018 - fail at start, not at the first wait

    def with_deadline(state: dict[str, Any], raw_input: Any, execution: Any, context: Any) -> Any:
        deadline = state.get("TimeoutSeconds")
        if isinstance(deadline, str):
            state = {**state, "TimeoutSeconds": template(deadline, raw_input, context)}
        return execute(state, raw_input, execution, context)

    def telling(function: Any, event: Any) -> Any:
        try:
            return invoke(function, event)
        except stepfunctions._ExecutionError as error:
            if _waiting.get():
                raise _InvocationFailed(error) from error
            raise

    def waiting(resource: Any, data: Any, token: str, state: dict[str, Any]) -> Any:
        mark = _waiting.set(True)
        try:
            return wait(resource, data, token, state)
        except _InvocationFailed as failed:
            stepfunctions._task_tokens.pop(token, None)
            raise failed.error from failed
        finally:
            _waiting.reset(mark)

    stepfunctions._execute_task = with_deadline
    stepfunctions._call_lambda = telling
    stepfunctions._invoke_with_callback = waiting
