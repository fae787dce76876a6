"""A Python function's exception reaches the state machine by its class name, as on AWS.

The emulator reports every raised exception as `Runtime.HandlerError`. The class name is in the last line of the
traceback that the result carries, so that is where it is taken from. A process that ended without an answer (out of
memory, killed) leaves no traceback; AWS calls that `Runtime.ExitError`.
"""

import re
from typing import Any

from ministack.services import lambda_svc

EXITED = "Runtime.ExitError"

# The traceback's last unindented "Name: message" line; a qualified name loses its module, as on AWS.
_LAST_LINE = re.compile(r"^(?:[A-Za-z_]\w*\.)*([A-Za-z_]\w*)(?::|$)", re.MULTILINE)


def exception_name(log: str) -> str | None:
    """The class name of the exception whose traceback ends `log`, or None where there is no traceback."""
    start = log.rfind("Traceback (most recent call last)")
    if start < 0:
        return None
    names = [m.group(1) for m in _LAST_LINE.finditer(log[start:]) if m.group(1) != "Traceback"]
    return names[0] if names else None


def install() -> None:
    """Wrap the emulator's warm invocation. Raises AttributeError when it has moved."""
    original = lambda_svc._execute_function_warm

    def with_class_name(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        result = original(func, event, request_id)
        body = result.get("body")
        if result.get("error") and isinstance(body, dict) and body.get("errorType") == "Runtime.HandlerError":
            body["errorType"] = exception_name(str(result.get("log", ""))) or EXITED
        return result

    lambda_svc._execute_function_warm = with_class_name
