"""One name for each step everywhere, checked on the repository and on small bad ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.template import names
from tests.template.cloudformation import ROOT, project


def check_samples_and_tests(root: Path, _source: dict[str, Any]) -> list[str]:
    return names.check_samples_and_tests(root)


CHECKS = (
    names.check_functions,
    check_samples_and_tests,
    names.check_states,
    names.check_log_groups,
    names.check_artefacts,
)
Check = Callable[[Path, dict[str, Any]], list[str]]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_repository(check: Check) -> None:
    assert list(ROOT.glob("functions/*/*/app.py")), "functions/ holds no app.py"
    assert not (problems := check(ROOT, project().source)), "\n".join(problems)


SOURCE: dict[str, Any] = {
    "Resources": {
        "FindMeterFunction": {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "CodeUri": "functions/inspection/find_meter/",
                "LoggingConfig": {"LogGroup": {"Ref": "InspectionLogs"}},
            },
        },
        "GetMeterFunction": {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "CodeUri": "functions/api/get_meter/",
                "Events": {"Api": {}},
                "LoggingConfig": {"LogGroup": {"Ref": "ApiLogs"}},
            },
        },
        "InspectionLogs": {
            "Type": "AWS::Logs::LogGroup",
            "Properties": {"LogGroupName": {"Fn::Sub": "/aws/vendedlogs/states/${AWS::StackName}/inspection"}},
        },
        "ApiLogs": {"Type": "AWS::Logs::LogGroup"},
        "InspectionStateMachine": {
            "Type": "AWS::Serverless::StateMachine",
            "Properties": {"DefinitionUri": "statemachines/inspection.asl.json"},
        },
        "Storage": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "stacks/storage.yaml"}},
        "Layer": {"Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": "layers/meterflow/"}},
    }
}
FILES = (
    "functions/inspection/find_meter/app.py",
    "functions/api/get_meter/app.py",
    "events/inspection/find_meter.json",
    "events/inspection/workflow.json",
    "events/inspection/workflow_upload.json",
    "events/api/get_meter.json",
    "tests/unit/functions/inspection/test_find_meter.py",
    "tests/unit/functions/api/test_get_meter.py",
    "tests/unit/functions/api/test_kills.py",
    "stacks/storage.yaml",
    "layers/meterflow/x.py",
)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository of two functions and one machine that agree."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    states = {"FindMeter": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke"}}
    (tmp_path / "statemachines").mkdir()
    (tmp_path / "statemachines/inspection.asl.json").write_text(json.dumps({"States": states}))
    return tmp_path


def _source(**changed: Any) -> dict[str, Any]:
    resources = json.loads(json.dumps(SOURCE["Resources"]))
    for name, value in changed.items():
        if value is None:
            del resources[name]
        else:
            resources[name] = value
    return {"Resources": resources}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_repository_that_agrees_passes(check: Check, repository: Path) -> None:
    assert check(repository, _source()) == []


@pytest.mark.parametrize(
    ("gone", "check", "word"),
    [
        ("functions/inspection/find_meter/app.py", names.check_functions, "is not there"),
        ("functions/inspection/find_meter/app.py", names.check_states, "has no functions/inspection/find_meter"),
        ("functions/inspection/find_meter/app.py", check_samples_and_tests, "has no function"),
        ("events/api/get_meter.json", check_samples_and_tests, "has no events/api/get_meter.json"),
        ("events/inspection/workflow.json", check_samples_and_tests, "workflow.json is not there"),
        ("tests/unit/functions/api/test_get_meter.py", check_samples_and_tests, "has no tests/unit"),
        ("statemachines/inspection.asl.json", names.check_states, "is not its definition"),
        ("statemachines/inspection.asl.json", names.check_artefacts, "it is not there"),
        ("stacks/storage.yaml", names.check_artefacts, "it is not there"),
    ],
)
def test_a_missing_file_is_refused(gone: str, check: Check, word: str, repository: Path) -> None:
    (repository / gone).unlink()
    assert any(word in problem for problem in check(repository, _source()))


@pytest.mark.parametrize(
    ("more", "check", "word"),
    [
        ("functions/api/put_meter/app.py", names.check_functions, "no function of the template"),
        ("functions/inspection/idle/app.py", names.check_states, "no state runs it"),
        ("functions/api/find_meter/app.py", check_samples_and_tests, "names two functions"),
        ("events/api/put_meter.json", check_samples_and_tests, "has no function"),
        ("events/api/workflow.json", check_samples_and_tests, "has no function"),
        ("tests/unit/functions/api/test_put_meter.py", check_samples_and_tests, "has no function"),
        ("stacks/alarms.yaml", names.check_artefacts, "does not name it"),
        ("layers/other/x.py", names.check_artefacts, "does not name it"),
    ],
)
def test_a_file_too_many_is_refused(more: str, check: Check, word: str, repository: Path) -> None:
    (repository / more).parent.mkdir(parents=True, exist_ok=True)
    (repository / more).write_text("{}")
    assert any(word in problem for problem in check(repository, _source()))


FUNCTION = SOURCE["Resources"]["FindMeterFunction"]
STRAY = {"CodeUri": "functions/inspection/find_meter/", "LoggingConfig": {"LogGroup": {"Ref": "ApiLogs"}}}


@pytest.mark.parametrize(
    ("changed", "check", "word"),
    [
        ({"FindMeterFunction": None}, names.check_functions, "no function of the template"),
        ({"FindMeterFunction": None, "FindFunction": FUNCTION}, names.check_functions, "should be FindMeterFunction"),
        ({"InspectionStateMachine": None}, names.check_states, "no resource InspectionStateMachine"),
        (
            {"InspectStateMachine": SOURCE["Resources"]["InspectionStateMachine"]},
            names.check_states,
            "is not its definition",
        ),
        (
            {
                "GetMeterFunction": {
                    "Type": "AWS::Serverless::Function",
                    "Properties": {"CodeUri": "functions/api/get_meter"},
                }
            },
            names.check_states,
            "nothing starts it",
        ),
        (
            {"FindMeterFunction": {"Type": "AWS::Serverless::Function", "Properties": STRAY}},
            names.check_log_groups,
            "not to InspectionLogs",
        ),
        (
            {"InspectionLogs": {"Type": "AWS::Logs::LogGroup"}},
            names.check_log_groups,
            "which nobody looks for",
        ),
    ],
)
def test_a_template_that_disagrees_is_refused(
    changed: dict[str, Any], check: Check, word: str, repository: Path
) -> None:
    assert any(word in problem for problem in check(repository, _source(**changed)))


def test_names_go_both_ways() -> None:
    assert names.snake("ScoreReading") == "score_reading"
    assert names.pascal("score_reading") == "ScoreReading"
