"""Scenarios: one machine, one input, an answer for each task, and what must come of it.

What a task is sent is parsed with the step's contract, and what it answers goes through the contract of its result,
so a fake can neither take nor give what the real function would not.
"""

from __future__ import annotations

import importlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Set
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

# What names a thing or says when it was: no state may change one.
KEPT_KEYS = frozenset(
    {
        "submission_id",
        "meter_id",
        "job_id",
        "event_id",
        "notification_id",
        "technician_id",
        "photo_id",
        "photo_key",
        "kept_key",
        "value",
        "taken_at",
        "zone",
        "reason",
        "holder",
        "execution_id",
    }
)


@dataclass(frozen=True)
class Scenario:
    """One execution and what must come of it.

    `tasks` is laid over the tasks of the good case. `path` is the exact path; `passes` and `avoids` name states where
    the rest does not matter. `output` and `sent` are subsets; `sent` is compared with the last payload of a state.
    `cause` is part of the failure's cause.
    """

    name: str
    tasks: Mapping[str, Any] = field(default_factory=dict)
    input: Mapping[str, Any] | None = None
    status: str = "SUCCEEDED"
    error: str = ""
    cause: str = ""
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
    # Fields that ride along to steps which do not need them, because a state hands on all that it has.
    rides_along: frozenset[str] = frozenset()

    @property
    def machine(self) -> asl.Machine:
        """The definition as it stands in statemachines/."""
        return asl.load(asl.FOLDER / f"{self.name}.asl.json")

    def contract(self, step: str, end: str) -> type[BaseModel] | None:
        """The model `<step><end>` of the workflow's contracts, where there is one."""
        module = importlib.import_module(f"meterflow.contracts.{self.name}")
        model: type[BaseModel] | None = getattr(module, f"{step}{end}", None)
        return model

    def run(self, scenario: Scenario, context: Mapping[str, Any] | None = None) -> Run:
        """Execute the scenario, each answer in the form in which the function would give it.

        `context` is laid over the context object, for what AWS adds after a redrive.
        """
        machine = self.machine
        answers = {**self.tasks, **scenario.tasks}
        given = self.input if scenario.input is None else scenario.input
        # What the machine was given and what a step answered may be handed through; what a state adds must be known.
        through = self.rides_along.union(given, given.get("detail", {}), *map(_fields, answers.values()))
        faithful = {
            step: self._faithful(machine["States"][step], step, answer, through) for step, answer in answers.items()
        }
        name = scenario.name.replace(" ", "-")
        return run(machine, given, faithful, substitutions=self.parameters, name=name, context=context)

    def _faithful(self, state: asl.State, step: str, answer: Any, through: Set[str]) -> Any:
        takes, gives = self.contract(step, "Input"), self.contract(step, "Result")

        def give(value: Any) -> Any:
            if gives is None or isinstance(value, Exception) or asl.is_callback(state):
                return value
            return json.loads(gives.model_validate(value).model_dump_json())

        def called(payload: Any, chosen: Any) -> Any:
            if takes is not None:
                takes.model_validate(payload)
                # Contracts are deaf to fields that they do not know, so a misspelt one would vanish without a word.
                known = {name for key, spec in takes.model_fields.items() for name in (key, spec.alias)}
                assert not (strange := set(payload) - known - through), (
                    f"{step} is sent {strange}, which its contract ignores"
                )
            return give(chosen(payload) if callable(chosen) else chosen)

        if isinstance(answer, Each):
            return Each(*[_bind(called, one) for one in answer.answers])
        return _bind(called, answer)


def _fields(answer: Any) -> set[str]:
    """The fields of an answer that is an object, or of each of several."""
    if isinstance(answer, Each):
        return {name for one in answer.answers for name in _fields(one)}
    return set(answer) if isinstance(answer, Mapping) else set()


def _bind(called: Callable[[Any, Any], Any], chosen: Any) -> Callable[[Any], Any]:
    return lambda payload: called(payload, chosen)


def check(workflow: Workflow, scenario: Scenario) -> None:
    """Run the scenario and compare. Raises AssertionError saying what differs and which way it went."""
    result = workflow.run(scenario)
    went = " -> ".join(result.path)
    assert (result.status, result.error) == (scenario.status, scenario.error), f"{result.cause} on {went}"
    assert scenario.cause in result.cause
    assert_keys_stay(workflow.input if scenario.input is None else scenario.input, scenario, result)
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


def assert_keys_stay(given: Any, scenario: Scenario, result: Run) -> None:
    """What names things is never made up on the way: each step is sent what came in or what a step answered."""
    name = scenario.name.replace(" ", "-")
    known: dict[str, set[Any]] = {key: set() for key in KEPT_KEYS}
    known["holder"].add(name)
    known["execution_id"].add(f"arn:aws:states:eu-central-1:123456789012:execution:machine:{name}")
    for source in [given, *(answer for _, answer in result.answers)]:
        for key, value in _named_values(source):
            known[key].add(value)
    for state, payload in result.calls:
        for key in KEPT_KEYS & set(payload):
            assert payload[key] is None or payload[key] in known[key], f"{state} is sent {key}={payload[key]!r}"


def _named_values(source: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(source, Mapping):
        for key, value in source.items():
            # S3 calls a photo's key just `key`.
            named = "photo_key" if key == "key" else key
            if named in KEPT_KEYS and not isinstance(value, (Mapping, list)):
                yield named, value
            yield from _named_values(value)


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
