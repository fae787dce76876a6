"""One name for each step everywhere: state, folder, logical id, event, test. Both directions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.workflow import asl

Template = dict[str, Any]


def snake(name: str) -> str:
    """`ScoreReading` as `score_reading`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def pascal(name: str) -> str:
    """`score_reading` as `ScoreReading`."""
    return "".join(part.capitalize() for part in name.split("_"))


def template_functions(source: Template) -> Iterator[tuple[str, str]]:
    """The functions that a SAM template declares: logical id and folder."""
    for name, resource in source["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            yield name, str(resource["Properties"]["CodeUri"]).rstrip("/")


def check_functions(root: Path, source: Template) -> list[str]:
    """Folder `functions/<workflow>/<step>` and resource `<Step>Function`, in both directions."""
    problems = []
    declared = dict(template_functions(source))
    folders = {str(path.parent.relative_to(root)) for path in root.glob("functions/*/*/app.py")}
    for name, folder in declared.items():
        if folder not in folders:
            problems.append(f"{name}: {folder}/app.py is not there")
        if name != f"{pascal(folder.rsplit('/', 1)[-1])}Function":
            problems.append(f"{name}: should be {pascal(folder.rsplit('/', 1)[-1])}Function, after {folder}")
    return problems + [f"{folder}: no function of the template" for folder in sorted(folders - set(declared.values()))]


def check_samples_and_tests(root: Path) -> list[str]:
    """Each function has its event and its test; each event and each test has its function or machine."""
    problems = []
    steps = {tuple(path.parent.relative_to(root / "functions").parts) for path in root.glob("functions/*/*/app.py")}
    events = {tuple(path.relative_to(root / "events").with_suffix("").parts) for path in root.glob("events/*/*.json")}
    tests = {
        (path.parent.name, path.stem.removeprefix("test_")) for path in root.glob("tests/unit/functions/*/test_*.py")
    }
    machines = {path.name.removesuffix(".asl.json") for path in root.glob("statemachines/*.asl.json")}
    problems += [f"functions/{'/'.join(step)}: has no events/{'/'.join(step)}.json" for step in sorted(steps - events)]
    problems += [f"functions/{w}/{s}: has no tests/unit/functions/{w}/test_{s}.py" for w, s in sorted(steps - tests)]
    # A machine with several entries has an event for each: workflow.json, workflow_review.json …
    problems += [
        f"events/{workflow}/{name}.json: has no function"
        for workflow, name in sorted(events - steps)
        if not (workflow in machines and re.fullmatch(r"workflow(_[a-z]+)?", name))
    ]
    # A step is verb_noun; a test of one word (test_kills.py) is about the whole workflow.
    problems += [
        f"tests/unit/functions/{workflow}/test_{name}.py: has no function"
        for workflow, name in sorted(tests - steps)
        if "_" in name
    ]
    problems += [
        f"events/{machine}/workflow.json is not there"
        for machine in sorted(machines)
        if (machine, "workflow") not in events
    ]
    names = [name for _, name in steps]
    return problems + [f"{name}: names two functions" for name in sorted(set(names)) if names.count(name) > 1]


def check_states(root: Path, source: Template) -> list[str]:
    """Each Lambda state has its function in the machine's folder; each function there is a state or has a trigger."""
    problems = []
    for path in sorted(root.glob("statemachines/*.asl.json")):
        workflow = path.name.removesuffix(".asl.json")
        states = {snake(name) for name, state in asl.tasks(asl.load(path)) if not asl.is_child(state)}
        folders = {folder.parent.name for folder in root.glob(f"functions/{workflow}/*/app.py")}
        problems += [f"{workflow}: state {pascal(s)} has no functions/{workflow}/{s}" for s in sorted(states - folders)]
        problems += [f"functions/{workflow}/{idle}: no state runs it" for idle in sorted(folders - states)]
        if f"{pascal(workflow)}StateMachine" not in source["Resources"]:
            problems.append(f"{path.name}: no resource {pascal(workflow)}StateMachine")
    for name, resource in source["Resources"].items():
        if resource["Type"] == "AWS::Serverless::StateMachine":
            definition = root / resource["Properties"]["DefinitionUri"]
            if not definition.exists() or f"{pascal(definition.name.removesuffix('.asl.json'))}StateMachine" != name:
                problems.append(f"{name}: {resource['Properties']['DefinitionUri']} is not its definition")
        if resource["Type"] == "AWS::Serverless::Function":
            workflow = str(resource["Properties"]["CodeUri"]).split("/")[1]
            if not (root / f"statemachines/{workflow}.asl.json").exists() and not resource["Properties"].get("Events"):
                problems.append(f"{name}: nothing starts it")
    return problems


def check_log_groups(_root: Path, source: Template) -> list[str]:
    """Each workflow logs to one group, found by the workflow's name: `…/image-validation`. The API has its own."""
    problems = []
    for name, folder in template_functions(source):
        workflow = folder.split("/")[1]
        group = source["Resources"][name]["Properties"].get("LoggingConfig", {}).get("LogGroup", {}).get("Ref")
        if group != f"{pascal(workflow)}Logs":
            problems.append(f"{name}: logs to {group}, not to {pascal(workflow)}Logs")
        elif workflow != "api":
            given = str(source["Resources"][group].get("Properties", {}).get("LogGroupName", {}).get("Fn::Sub"))
            if not given.endswith(f"/${{AWS::StackName}}/{workflow.replace('_', '-')}"):
                problems.append(f"{group}: is called {given}, which nobody looks for")
    return problems


def check_artefacts(root: Path, source: Template) -> list[str]:
    """Every stack, machine and layer in the repository is in the template, and the other way round."""
    problems = []
    for pattern, kind, key in (
        ("stacks/*.yaml", "AWS::CloudFormation::Stack", "TemplateURL"),
        ("statemachines/*.asl.json", "AWS::Serverless::StateMachine", "DefinitionUri"),
        ("layers/*", "AWS::Serverless::LayerVersion", "ContentUri"),
    ):
        there = {str(path.relative_to(root)) for path in root.glob(pattern) if not path.name.startswith((".", "__"))}
        used = {
            str(resource["Properties"][key]).rstrip("/")
            for resource in source["Resources"].values()
            if resource["Type"] == kind
        }
        problems += [f"{path}: the template does not name it" for path in sorted(there - used)]
        problems += [f"{path}: the template names it, it is not there" for path in sorted(used - there)]
    return problems
