"""Starting an execution again under its own name, and redriving one that failed, as on AWS.

The emulator refuses a name that is taken even while that execution runs with the same input (AWS answers with it),
and has no RedriveExecution. Ours runs the whole definition again with the recorded input, where AWS goes on from the
failed state: a stricter test, because finished steps must absorb being run twice.
"""

import contextvars
import json
import threading
from typing import Any

from ministack.services import stepfunctions

REDRIVABLE = ("FAILED", "TIMED_OUT", "ABORTED")

Answer = tuple[int, dict[str, str], bytes]


def _start(original: Any, data: dict[str, Any]) -> Answer:
    answer: Answer = original(data)
    body = json.loads(answer[2])
    if answer[0] == 400 and "ExecutionAlreadyExists" in json.dumps(body):
        machine, name = str(data["stateMachineArn"]), data["name"]
        arn = machine.replace(":stateMachine:", ":execution:") + f":{name}"
        known = stepfunctions._executions.get(arn)
        if known and known["status"] == "RUNNING" and known["input"] == data.get("input", "{}"):
            return stepfunctions.json_response({"executionArn": arn, "startDate": known["startDate"]})
    return answer


def _describe(original: Any, data: dict[str, Any]) -> Answer:
    answer: Answer = original(data)
    if answer[0] != 200:
        return answer
    known = stepfunctions._executions[data["executionArn"]]
    return stepfunctions.json_response(json.loads(answer[2]) | {"redriveCount": known.get("redriveCount", 0)})


def _redrive(data: dict[str, Any]) -> Answer:
    arn = data.get("executionArn", "")
    execution = stepfunctions._executions.get(arn)
    if execution is None:
        return stepfunctions.error_response_json("ExecutionDoesNotExist", f"Execution does not exist: {arn}", 400)
    if execution["status"] not in REDRIVABLE:
        return stepfunctions.error_response_json("ExecutionNotRedrivable", f"{execution['status']}: {arn}", 400)
    execution.update(status="RUNNING", stopDate=None, output=None, redriveCount=execution.get("redriveCount", 0) + 1)
    for key in ("error", "cause"):
        execution.pop(key, None)
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(stepfunctions._run_execution, arn), daemon=True).start()
    return stepfunctions.json_response({"redriveDate": stepfunctions.now_iso()})


def install() -> None:
    """Replace StartExecution and add RedriveExecution. Raises AttributeError where the emulator has changed."""
    original_start, original_request = stepfunctions._start_execution, stepfunctions.handle_request
    stepfunctions._run_execution, stepfunctions._executions  # noqa: B018 - fail at start, not at the first redrive

    async def handle(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Answer:
        if headers.get("x-amz-target", "").endswith(".RedriveExecution"):
            return stepfunctions._finalize_response(_redrive(json.loads(body or b"{}")))
        answer: Answer = await original_request(method, path, headers, body, query)
        return answer

    original_task, original_describe = stepfunctions._execute_task, stepfunctions._describe_execution

    def with_redrive_count(state: dict[str, Any], task_input: Any, execution: dict[str, Any], context: Any) -> Any:
        if execution.get("redriveCount"):
            context["Execution"]["RedriveCount"] = execution["redriveCount"]
        return original_task(state, task_input, execution, context)

    stepfunctions._execute_task = with_redrive_count
    stepfunctions._describe_execution = lambda data: _describe(original_describe, data)
    stepfunctions._start_execution = lambda data: _start(original_start, data)
    stepfunctions.handle_request = handle
