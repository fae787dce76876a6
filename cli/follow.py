"""Follow an execution and its children, and say in a line per step what each decided."""

import json
import time
from collections.abc import Callable
from typing import Any

from local import deploy
from meterflow import ids

FINAL = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")
# What of a step's result says its decision. Everything else in a result is data for the next step.
DECISIONS = ("decision", "outcome", "verdict", "status", "reading", "confidence", "risk_level", "score", "reasons")
# These are words that speak for themselves.
BARE = ("decision", "outcome", "verdict", "status")


def execution_arn(machine_arn: str, business_key: str) -> str:
    """The ARN of the execution that the API started for `business_key`."""
    return f"{machine_arn.replace(':stateMachine:', ':execution:')}:{ids.execution_name(business_key)}"


def describe(result: Any) -> str:
    """The decision in a step's result, in one line."""
    if not isinstance(result, dict):
        return ""
    parts = []
    for key in DECISIONS:
        value = result.get(key)
        if value not in (None, "", []):
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            parts.append(text if key in BARE else f"{key} {text}")
    return ", ".join(parts)


def follow(arn: str, say: Callable[[str], None], indent: str = "  ", timeout: float = 120) -> str:
    """Print each step of the execution as it finishes, children indented, until it ends; return its final status.

    Raises TimeoutError where it does not end within `timeout` seconds.
    """
    states = deploy.client("stepfunctions")
    seen: set[int] = set()
    deadline = time.monotonic() + timeout
    while True:
        status = states.describe_execution(executionArn=arn)["status"]
        events = states.get_execution_history(executionArn=arn, maxResults=1000)["events"]
        for event in events:
            if event["id"] not in seen:
                seen.add(event["id"])
                _say_event(event, say, indent, timeout)
        if status in FINAL:
            return str(status)
        if time.monotonic() > deadline:
            raise TimeoutError(f"the execution is still {status} after {timeout:.0f} s")
        time.sleep(0.2)


def _say_event(event: dict[str, Any], say: Callable[[str], None], indent: str, timeout: float) -> None:
    kind = event["type"]
    if kind == "TaskSucceeded":
        output = json.loads(event.get("taskSucceededEventDetails", {}).get("output") or "{}")
        child = output.get("ExecutionArn") if isinstance(output, dict) else None
        if child:
            follow(child, say, indent + "    ", timeout)
    elif kind == "TaskStateExited":
        details = event["stateExitedEventDetails"]
        say(f"{indent}{details['name']:<20} {describe(json.loads(details.get('output') or '{}'))}")
    elif kind == "ExecutionFailed":
        details = event.get("executionFailedEventDetails", {})
        cause = " ".join(details.get("cause", "").split())
        say(f"{indent}failed: {details.get('error', '')} {cause[:200]}".rstrip())
