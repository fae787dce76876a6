"""Runs a state machine in memory: its JSONata for real, its tasks on values that the test gives.

Faithful to AWS where the laptop cloud is not: an Assign reads the values from before, a Choice's condition must be a
boolean, an expression without a result is an error, States.ALL catches neither States.Runtime nor
States.DataLimitExceeded, payloads are limited. A failing expression is a bug of the machine, so it fails the test
(ExpressionError) even where a Catch of States.ALL would hide it.

Map and Parallel are unknown here: no machine uses them yet.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import re
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jsonata

from tests.workflow.asl import SUBSTITUTION, Machine, State, expression, is_callback, is_child

MAXIMUM_BYTES = 262_144
MAXIMUM_STEPS = 500
UNCATCHABLE = frozenset({"States.Runtime", "States.DataLimitExceeded"})
ALGORITHMS = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
EXECUTION_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")


class ExpressionError(AssertionError):
    """An expression of the machine is wrong. Nothing catches it."""


class Failed(Exception):
    """How a task fails: the error's name as Step Functions sees it."""

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(error)
        self.error, self.cause = error, cause


def timed_out() -> Failed:
    """Nobody answered within TimeoutSeconds."""
    return Failed("States.Timeout", "")


class Each:
    """One answer for each call of a task, in this order; a further call is a fault of the test."""

    def __init__(self, *answers: Any) -> None:
        self.answers = answers


class Way(NamedTuple):
    """A way that an execution took: via is next, default, `choice <n>` or `catch <n>`."""

    source: str
    target: str
    via: str


@dataclass
class Run:
    """What an execution did."""

    status: str = "RUNNING"
    path: list[str] = field(default_factory=list)
    ways: set[Way] = field(default_factory=set)
    calls: list[tuple[str, Any]] = field(default_factory=list)
    answers: list[tuple[str, Any]] = field(default_factory=list)
    retries: Counter[str] = field(default_factory=Counter)
    names: list[str] = field(default_factory=list)
    waited: list[Any] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    output: Any = None
    error: str = ""
    cause: str = ""

    def sent(self, state: str) -> Any:
        """The last payload that `state` sent."""
        return [payload for name, payload in self.calls if name == state][-1]


def evaluate(code: str, states: Mapping[str, Any], variables: Mapping[str, Any]) -> Any:
    """The value of a JSONata expression with `$states` and the workflow's variables bound.

    Raises ExpressionError where it fails or has no result.
    """
    null = jsonata.utils.Utils.NULL_VALUE
    bindings = {name: null if value is None else value for name, value in variables.items()}
    bindings["states"] = dict(states)
    try:
        value = _compiled(code).evaluate(None, bindings)
        defined = value is not None or bool(_compiled(f"$exists(({code}))").evaluate(None, bindings))
    except Exception as error:
        raise ExpressionError(f"{code}\n  {getattr(error, 'error', '') or ''} {error}") from error
    if not defined:
        raise ExpressionError(f"{code}\n  has no result (JSONata's undefined), which AWS refuses")
    return json.loads(json.dumps(value))


def _compiled(code: str) -> jsonata.Jsonata:
    compiled = jsonata.Jsonata.jsonata(code)
    for name, function in _AWS_FUNCTIONS.items():
        compiled.register_lambda(name, function)
    return compiled


def _hash(text: str, algorithm: str) -> str:
    if not isinstance(text, str):
        raise ValueError("$hash takes a string")
    return hashlib.new(ALGORITHMS[algorithm], text.encode()).hexdigest()


def _partition(items: list[Any], size: float) -> list[list[Any]]:
    size = math.floor(size)
    return [items[at : at + size] for at in range(0, len(items), size)]


def _range(start: float, end: float, step: float) -> list[int]:
    step = math.floor(step)
    return list(range(math.floor(start), math.floor(end) + (1 if step > 0 else -1), step))


_AWS_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "hash": _hash,
    "partition": _partition,
    "range": _range,
    "uuid": lambda: str(uuid.uuid4()),
    "random": lambda seed=None: random.Random(seed).random(),
    "parse": json.loads,
}


def fill(template: Any, states: Mapping[str, Any], variables: Mapping[str, Any]) -> Any:
    """`template` with each `{% … %}` string replaced by its value."""
    if isinstance(template, str):
        code = expression(template)
        return template if code is None else evaluate(code, states, variables)
    if isinstance(template, dict):
        return {key: fill(value, states, variables) for key, value in template.items()}
    if isinstance(template, list):
        return [fill(value, states, variables) for value in template]
    return template


def substitute(machine: Machine, values: Mapping[str, str]) -> Machine:
    """The machine as deployed: every `${Name}` replaced. An ARN not given is made up from its name."""

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name in values:
            return str(values[name])
        if name.endswith("FunctionArn"):
            return f"arn:aws:lambda:eu-central-1:123456789012:function:{name.removesuffix('Arn')}"
        if name.endswith("StateMachineArn"):
            return f"arn:aws:states:eu-central-1:123456789012:stateMachine:{name.removesuffix('Arn')}"
        raise KeyError(f"the test gives no value for ${{{name}}}")

    deployed: Machine = json.loads(SUBSTITUTION.sub(value, json.dumps(machine)))
    return deployed


def run(
    machine: Machine,
    given: Any,
    tasks: Mapping[str, Any],
    *,
    substitutions: Mapping[str, str] | None = None,
    name: str = "execution",
    context: Mapping[str, Any] | None = None,
) -> Run:
    """Execute `machine` on the input `given`. `tasks[state]` answers the state's calls.

    An answer is a value (a function's payload, a callback's output, a child's output), an exception (its class name
    is the error, as on AWS; Failed names any other), a callable of the payload that gives either, or Each of these.
    """
    return _Walk(substitute(machine, substitutions or {}), tasks, name, context or {}).run(given)


class _Walk:
    """One execution: where it stands, and what its states may read."""

    def __init__(self, machine: Machine, tasks: Mapping[str, Any], name: str, context: Mapping[str, Any]) -> None:
        self.machine, self.tasks, self.result = machine, tasks, Run()
        self.variables = self.result.variables
        self.asked: Counter[str] = Counter()
        self.context: dict[str, Any] = {
            "Execution": {
                "Id": f"arn:aws:states:eu-central-1:123456789012:execution:machine:{name}",
                "Name": name,
                "StartTime": "2026-11-21T08:00:00.000Z",
                # No RedriveCount: AWS adds it only to an execution that was redriven.
            },
            "StateMachine": {"Id": "arn:aws:states:eu-central-1:123456789012:stateMachine:machine", "Name": "machine"},
        }
        for part, values in context.items():
            self.context[part] = {**self.context.get(part, {}), **values}

    def run(self, given: Any) -> Run:
        self.context["Execution"]["Input"] = given
        here: str | None = self.machine["StartAt"]
        data = given
        while here is not None:
            self.result.path.append(here)
            assert len(self.result.path) <= MAXIMUM_STEPS, f"runs in circles: {self.result.path[-10:]}"
            state = self.machine["States"][here]
            self.context["State"] = {"Name": here, "EnteredTime": "2026-11-21T08:00:01.000Z", "RetryCount": 0}
            self.context.pop("Task", None)
            try:
                way, data = getattr(self, f"_{state['Type'].lower()}")(here, state, data)
            except Failed as failure:
                self.result.status, self.result.error, self.result.cause = "FAILED", failure.error, failure.cause
                return self.result
            size = len(json.dumps(data).encode())
            assert size <= MAXIMUM_BYTES, f"{here}: hands on {size} bytes, at most {MAXIMUM_BYTES}"
            if way is not None:
                self.result.ways.add(way)
            here = way.target if way else None
        self.result.status, self.result.output = "SUCCEEDED", data
        return self.result

    def _states(self, data: Any, **more: Any) -> dict[str, Any]:
        return {"input": data, "context": self.context, **more}

    def _leave(self, holder: Mapping[str, Any], data: Any, default: Any, **more: Any) -> Any:
        """The output of `holder` (a state, catcher or rule); its Assign takes effect. Both read what was before."""
        states = self._states(data, **more)
        output = fill(holder["Output"], states, self.variables) if "Output" in holder else default
        assigned = fill(holder.get("Assign", {}), states, self.variables)
        self.variables.update(assigned)
        return output

    def _on(self, here: str, state: State) -> Way | None:
        return Way(here, state["Next"], "next") if "Next" in state else None

    def _pass(self, here: str, state: State, data: Any) -> tuple[Way | None, Any]:
        return self._on(here, state), self._leave(state, data, data)

    def _succeed(self, _here: str, state: State, data: Any) -> tuple[Way | None, Any]:
        return None, self._leave(state, data, data)

    def _fail(self, here: str, state: State, data: Any) -> tuple[Way | None, Any]:
        texts = [fill(state.get(part, ""), self._states(data), self.variables) for part in ("Error", "Cause")]
        assert all(isinstance(text, str) for text in texts), f"{here}: Error and Cause must be strings: {texts}"
        raise Failed(*texts)

    def _wait(self, here: str, state: State, data: Any) -> tuple[Way | None, Any]:
        self.result.waited.append(
            fill(state.get("Seconds", state.get("Timestamp")), self._states(data), self.variables)
        )
        return self._on(here, state), self._leave(state, data, data)

    def _choice(self, here: str, state: State, data: Any) -> tuple[Way | None, Any]:
        for number, rule in enumerate(state["Choices"]):
            verdict = fill(rule["Condition"], self._states(data), self.variables)
            if not isinstance(verdict, bool):
                raise ExpressionError(f"{here}: {rule['Condition']} gives {verdict!r}, AWS wants a boolean")
            if verdict:
                return Way(here, rule["Next"], f"choice {number}"), self._leave(rule, data, data)
        return Way(here, state["Default"], "default"), self._leave(state, data, data)

    def _task(self, here: str, state: State, data: Any) -> tuple[Way | None, Any]:
        if is_callback(state):
            self.context["Task"] = {"Token": f"token-of-{here}"}
        tries: Counter[int] = Counter()
        while True:
            self.context["State"]["RetryCount"] = tries.total()
            try:
                result = self._call(here, state, data)
            except Failed as failure:
                number = _matching(state.get("Retry", []), failure.error)
                if number is not None and tries[number] < state["Retry"][number].get("MaxAttempts", 3):
                    tries[number] += 1
                    self.result.retries[here] += 1
                    continue
                number = _matching(state.get("Catch", []), failure.error)
                if number is None:
                    raise
                catcher = state["Catch"][number]
                output = {"Error": failure.error, "Cause": failure.cause}
                left = self._leave(catcher, data, output, errorOutput=output)
                return Way(here, catcher["Next"], f"catch {number}"), left
            return self._on(here, state), self._leave(state, data, result, result=result)

    def _call(self, here: str, state: State, data: Any) -> Any:
        arguments = fill(state.get("Arguments", data), self._states(data), self.variables)
        seconds = fill(state.get("TimeoutSeconds", 60), self._states(data), self.variables)
        assert isinstance(seconds, int), f"{here}: TimeoutSeconds is {seconds!r}"
        assert seconds > 0, f"{here}: TimeoutSeconds is {seconds}"
        if is_child(state):
            assert EXECUTION_NAME.fullmatch(str(arguments.get("Name"))), (
                f"{here}: names a child {arguments.get('Name')!r}"
            )
            self.result.names.append(arguments["Name"])
        payload = arguments["Input"] if is_child(state) else arguments["Payload"]
        self.result.calls.append((here, payload))
        answer = self._answer(here, payload)
        if is_callback(state):
            return answer
        if not is_child(state):
            return {"ExecutedVersion": "$LATEST", "StatusCode": 200, "Payload": answer}
        started = {"ExecutionArn": "arn:aws:states:eu-central-1:123456789012:execution:child:x", "StartDate": 1.0}
        return {**started, "Status": "SUCCEEDED", "Output": answer} if state["Resource"].endswith(":2") else started

    def _answer(self, here: str, payload: Any) -> Any:
        assert here in self.tasks, f"the test has no answer for {here}; it was sent {payload}"
        answer = self.tasks[here]
        if isinstance(answer, Each):
            assert self.asked[here] < len(answer.answers), f"{here} is called more often than the test expects"
            answer = answer.answers[self.asked[here]]
        self.asked[here] += 1
        if callable(answer) and not isinstance(answer, type):
            answer = answer(payload)
        if isinstance(answer, Failed):
            raise Failed(answer.error, answer.cause)
        if isinstance(answer, Exception):
            raise Failed(type(answer).__name__, str(answer))
        self.result.answers.append((here, answer))
        return answer


def _matching(holders: list[dict[str, Any]], error: str) -> int | None:
    """Which retrier or catcher takes `error`."""
    for number, holder in enumerate(holders):
        names = holder["ErrorEquals"]
        if error in names:
            return number
        if "States.ALL" in names and error not in UNCATCHABLE:
            return number
        if "States.TaskFailed" in names and error != "States.Timeout" and error not in UNCATCHABLE:
            return number
    return None


def ways_of(machine: Machine) -> set[Way]:
    """Every way that an execution can take."""
    found = set()
    for name, state in machine["States"].items():
        if "Next" in state:
            found.add(Way(name, state["Next"], "next"))
        found |= {Way(name, rule["Next"], f"choice {n}") for n, rule in enumerate(state.get("Choices", []))}
        if "Default" in state:
            found.add(Way(name, state["Default"], "default"))
        found |= {Way(name, catcher["Next"], f"catch {n}") for n, catcher in enumerate(state.get("Catch", []))}
    return found


def unvisited(machine: Machine, runs: list[Run]) -> list[str]:
    """The states and the ways (every Catch, rule and default) that none of `runs` took."""
    states = set(machine["States"]) - {name for run in runs for name in run.path}
    ways = ways_of(machine) - {way for run in runs for way in run.ways}
    return sorted(states) + [f"{way.source} -> {way.target} ({way.via})" for way in sorted(ways)]
