"""Scenarios: one machine, one input, an answer for each task, and what must come of it.

What a task is sent is parsed with the step's contract, and what it answers goes through the contract of its result,
so a fake can neither take nor give what the real function would not.
"""

from __future__ import annotations

import importlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from tests.workflow import asl
from tests.workflow.expressions import Each, Failed, Run, run

# Deadlines as the template's parameters give them; any number will do, nothing waits.
PARAMETERS = {
    "ReviewDeadlineSeconds": "86400",
    "OfferDeadlineSeconds": "900",
    "CompletionDeadlineSeconds": "86400",
}


@dataclass(frozen=True)
class Scenario:
    """One execution and what must come of it.

    `tasks` is laid over the tasks of the good case. `path` is the exact path; `passes` and `avoids` name states where
    the rest does not matter. `output` and `sent` are subsets; `sent` is compared with the last payload of a state.
    """

    name: str
    tasks: Mapping[str, Any] = field(default_factory=dict)
    input: Mapping[str, Any] | None = None
    status: str = "SUCCEEDED"
    error: str = ""
    path: list[str] | None = None
    passes: tuple[str, ...] = ()
    avoids: tuple[str, ...] = ()
    output: Any = None
    sent: Mapping[str, Any] = field(default_factory=dict)
    retries: Mapping[str, int] | None = None
    also: Callable[[Run], object] | None = None


@dataclass(frozen=True)
class Workflow:
    """A machine with the input and the answers of its good case."""

    name: str
    input: Mapping[str, Any]
    tasks: Mapping[str, Any]
    parameters: Mapping[str, str] = field(default_factory=lambda: PARAMETERS)

    @property
    def machine(self) -> asl.Machine:
        """The definition as it stands in statemachines/."""
        return asl.load(asl.FOLDER / f"{self.name}.asl.json")

    def contract(self, step: str, end: str) -> type[BaseModel] | None:
        """The model `<step><end>` of the workflow's contracts, where there is one."""
        module = importlib.import_module(f"meterflow.contracts.{self.name}")
        model: type[BaseModel] | None = getattr(module, f"{step}{end}", None)
        return model

    def run(self, scenario: Scenario) -> Run:
        """Execute the scenario, each answer in the form in which the function would give it."""
        machine = self.machine
        answers = {**self.tasks, **scenario.tasks}
        faithful = {step: self._faithful(machine["States"][step], step, answer) for step, answer in answers.items()}
        given = self.input if scenario.input is None else scenario.input
        return run(machine, given, faithful, substitutions=self.parameters, name=scenario.name.replace(" ", "-"))

    def _faithful(self, state: asl.State, step: str, answer: Any) -> Any:
        takes, gives = self.contract(step, "Input"), self.contract(step, "Result")

        def give(value: Any) -> Any:
            if gives is None or isinstance(value, Exception) or asl.is_callback(state):
                return value
            return json.loads(gives.model_validate(value).model_dump_json())

        def called(payload: Any, chosen: Any) -> Any:
            if takes is not None:
                takes.model_validate(payload)
            return give(chosen(payload) if callable(chosen) else chosen)

        if isinstance(answer, Each):
            return Each(*[_bind(called, one) for one in answer.answers])
        return _bind(called, answer)


def _bind(called: Callable[[Any, Any], Any], chosen: Any) -> Callable[[Any], Any]:
    return lambda payload: called(payload, chosen)


def check(workflow: Workflow, scenario: Scenario) -> None:
    """Run the scenario and compare. Raises AssertionError saying what differs and which way it went."""
    result = workflow.run(scenario)
    went = " -> ".join(result.path)
    assert (result.status, result.error) == (scenario.status, scenario.error), f"{result.cause} on {went}"
    if scenario.path is not None:
        assert result.path == scenario.path
    assert not (missed := set(scenario.passes) - set(result.path)), f"never came to {missed}: {went}"
    assert not (strayed := set(scenario.avoids) & set(result.path)), f"came to {strayed}: {went}"
    if scenario.output is not None:
        assert_holds(result.output, scenario.output, "the output")
    for state, expected in scenario.sent.items():
        assert_holds(result.sent(state), expected, state)
    if scenario.retries is not None:
        assert result.retries == Counter(scenario.retries)
    if scenario.also is not None:
        scenario.also(result)


def assert_holds(actual: Any, expected: Any, where: str) -> None:
    """`expected` is in `actual`: objects may have more keys, everything else is equal."""
    if isinstance(expected, Mapping):
        assert isinstance(actual, Mapping), f"{where} is {actual!r}, not {expected!r}"
        for key, value in expected.items():
            assert key in actual, f"{where} lacks {key}: {actual!r}"
            assert_holds(actual[key], value, f"{where}.{key}")
    else:
        assert actual == expected, f"{where} is {actual!r}, not {expected!r}"


def lambda_steps(machine: asl.Machine) -> list[str]:
    """The states that invoke a function."""
    return [name for name, state in asl.tasks(machine) if not asl.is_child(state)]


__all__ = ["PARAMETERS", "Each", "Failed", "Run", "Scenario", "Workflow", "assert_holds", "check", "lambda_steps"]
