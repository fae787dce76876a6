"""The names of errors that machines and code share.

Step Functions compares class names, so to a machine a subclass is a stranger.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

from meterflow import errors
from tests.workflow import asl

# Names that AWS gives. Everything else in an ErrorEquals is ours.
AWS_PREFIXES = ("Lambda.", "States.", "Sandbox.", "StepFunctions.", "Runtime.")
# Raising one of these says nothing about what to do next, so no machine could ever tell.
NAMELESS = frozenset({"Exception", "BaseException", "RuntimeError", "MeterflowError"})


def our_errors() -> dict[str, type[Exception]]:
    """The errors that meterflow.errors defines, by name."""
    return {
        name: value
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.MeterflowError)
    }


def source_files() -> list[Path]:
    """The code that runs in Lambda: functions and the domain package."""
    return sorted([*asl.ROOT.glob("functions/*/*/*.py"), *asl.ROOT.glob("layers/meterflow/meterflow/**/*.py")])


def names_in(machine: asl.Machine) -> set[str]:
    """Our names in the machine's Retry and Catch fields."""
    return {
        error
        for _, state in asl.states(machine)
        for holder in [*state.get("Retry", []), *state.get("Catch", [])]
        for error in holder["ErrorEquals"]
        if not error.startswith(AWS_PREFIXES)
    }


def check_names_exist(machine: asl.Machine) -> list[str]:
    """A machine waits only for errors that the code can raise."""
    return [f"{name} is no class of meterflow.errors" for name in sorted(names_in(machine) - set(our_errors()))]


def check_only_outages_are_retried(machine: asl.Machine) -> list[str]:
    """TransientError is the one error of ours that a machine retries: the others are bugs and stay bugs."""
    return [
        f"{state_name}: retries {error}, which no retry can mend"
        for state_name, state in asl.tasks(machine)
        for retrier in state.get("Retry", [])
        for error in retrier["ErrorEquals"]
        if not error.startswith(AWS_PREFIXES) and error != errors.TransientError.__name__
    ]


def check_every_raised_error_has_an_end(machine: asl.Machine, raised: Iterable[str]) -> list[str]:
    """Each of our errors that the code raises is caught at every Lambda task, by name or by States.ALL."""
    problems = []
    for name, state in asl.tasks(machine):
        caught = {error for catcher in state.get("Catch", []) for error in catcher["ErrorEquals"]}
        problems += [
            f"{name}: {error} is raised by our code and caught nowhere"
            for error in sorted(raised)
            if error not in caught and "States.ALL" not in caught
        ]
    return problems


def raised_in(source: str) -> set[str]:
    """The class names in `raise X(…)` and `raise X`; re-raised variables (lower case) are left out."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Raise) and node.exc is not None:
            target = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
            if name[:1].isupper():
                found.add(name)
    return found


def check_code(source: str, is_errors_module: bool = False) -> list[str]:
    """No error without a name of its own, and no kind of TransientError outside meterflow/errors.py.

    A machine compares names, so a subclass of the one retried error would not be retried. Kinds of the others may
    live beside their code: they are retried by nobody and end at States.ALL like their parents.
    """
    problems = [f"raises {name}, which says nothing" for name in sorted(raised_in(source) & NAMELESS)]
    if is_errors_module:
        return problems
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef):
            bases = {getattr(base, "attr", getattr(base, "id", "")) for base in node.bases}
            if errors.TransientError.__name__ in bases:
                problems.append(f"{node.name} derives from {sorted(bases)} outside meterflow/errors.py")
    return problems
