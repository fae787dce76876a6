"""Which contract a sample event must fit: found in the function's own source, so that the two cannot drift apart."""

from __future__ import annotations

import ast
import importlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from meterflow.http import Problem, parse_request
from tests.workflow import asl
from tests.workflow.expressions import Failed, run
from tests.workflow.scenarios import PARAMETERS

Model = type[BaseModel]


def models_of(source: str, method: str, argument: str) -> list[Model]:
    """The models in calls such as `X.model_validate(event)` (method, argument) in `source`."""
    tree = ast.parse(source)
    origin = {
        alias.asname or alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    found = []
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == method):
            continue
        first = node.args[0] if node.args else None
        if argument == "event" and isinstance(first, ast.Name) and first.id == "event":
            name = getattr(node.func.value, "id", "")
        elif argument == "" and isinstance(first, ast.Name):
            name = first.id
        else:
            continue
        if name in origin:
            found.append(getattr(importlib.import_module(str(origin[name])), name))
    return found


def check_step_event(source: str, event: Any) -> list[str]:
    """The event of a step fits the model by which its function reads it."""
    models = models_of(source, "model_validate", "event")
    if not models:
        return ["reads its event by no contract: X.model_validate(event)"]
    return [problem for model in models for problem in _fits(model, event)]


def _fits(model: Model, value: Any) -> list[str]:
    try:
        model.model_validate(value)
    except ValidationError as error:
        return [f"{model.__name__}: {'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
    return []


def check_route_event(source: str, event: Mapping[str, Any], routes: set[tuple[str, str]]) -> list[str]:
    """The event of a route is a call of that route by a logged-in user, and its body fits the route's model."""
    problems = []
    place = (str(event.get("httpMethod")), str(event.get("resource")))
    if place not in routes:
        problems.append(f"is a call of {place}, the template has {sorted(routes)}")
    try:
        request = parse_request(dict(event))
    except Problem as problem:
        return [*problems, f"is refused: {problem.title}"]
    wanted = set(re.findall(r"\{(\w+)\+?\}", place[1]))
    if set(request.path) != wanted:
        problems.append(f"gives the path {sorted(request.path)}, the route has {sorted(wanted)}")
    for model in models_of(source, "body", ""):
        problems += _fits(model, json.loads(request.raw_body or "null"))
    return problems


def check_workflow_event(name: str, machine: asl.Machine, event: Any) -> list[str]:
    """A machine's input brings it to its first step with a payload that the step's contract takes."""
    answers = dict.fromkeys(machine["States"], Failed("States.Runtime", "the first step is far enough"))
    result = run(machine, event, answers, substitutions=PARAMETERS)
    if not result.calls:
        return [f"ends as {result.status} {result.error} before any step: {' -> '.join(result.path)}"]
    step, payload = result.calls[0]
    contracts = importlib.import_module(f"meterflow.contracts.{name}")
    return _fits(getattr(contracts, f"{step}Input"), payload)


def sample_events(root: Path) -> Iterator[tuple[str, str, Path]]:
    """Every file in events/: workflow, name, path."""
    for path in sorted(root.glob("events/*/*.json")):
        yield path.parent.name, path.stem, path
