"""`make invoke`: which function is meant, what sam is given, and what its output means."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from local import build, cloud, forward, invoke, paths

NAME = "ValidateReadingFunction"
STEP = "meter_submission/validate_reading"
BUILT: dict[str, Any] = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Transform": "AWS::Serverless-2016-10-31",
    "Parameters": {"PythonRuntime": {"Type": "String"}, "Stage": {"Type": "String"}},
    "Globals": {
        "Function": {
            "Runtime": {"Ref": "PythonRuntime"},
            "Handler": "app.handler",
            "Timeout": 15,
            "Tracing": "Active",
            "Layers": [{"Ref": "MeterflowLayer"}],
            "Environment": {"Variables": {"METERS_TABLE": {"Ref": "MetersTable"}}},
        }
    },
    "Resources": {
        "MeterflowLayer": {"Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": "MeterflowLayer"}},
        NAME: {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": NAME, "Timeout": 40, "Policies": []}},
        "OtherFunction": {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": "OtherFunction"}},
        "Bus": {"Type": "AWS::Events::EventBus"},
    },
}


@pytest.fixture
def deployed(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built and deployed function; in sam's place a script that the test writes."""
    monkeypatch.setattr(build, "BUILD", home / "build")
    monkeypatch.setattr(forward, "bridge_gateway", lambda: "127.0.0.1")
    (home / "build").mkdir()
    (home / "build" / "template.yaml").write_text(yaml.safe_dump(BUILT))
    variables = {"METERS_TABLE": "meters", "AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}
    (home / "env.json").write_text(json.dumps({NAME: variables}))
    script = home / "fake-sam"
    script.touch(mode=0o755)
    monkeypatch.setattr(paths, "SAM", script)
    return script


def test_every_step_is_known_by_its_two_names() -> None:
    assert invoke.step_folders()[STEP] == paths.ROOT / "functions" / STEP
    assert invoke.find("validate_reading") == invoke.find(STEP) == STEP
    assert invoke.logical_id(STEP) == NAME
    assert invoke.event_file(STEP).exists()


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(invoke.InvokeFailed, match=rf"'nonsense' is no step; choose one of: .*{STEP}"):
        invoke.find("nonsense")


def test_a_name_of_two_steps_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invoke, "step_folders", lambda: {"b/go": Path(), "a/go": Path()})
    with pytest.raises(invoke.InvokeFailed, match="'go' is several steps; choose one of: a/go, b/go"):
        invoke.find("go")


def test_the_container_gets_one_function_its_layers_and_every_variable() -> None:
    template = invoke.container_template(BUILT, NAME, {"METERS_TABLE": "meters", "AWS_ENDPOINT_URL": "http://x"})
    assert set(template["Resources"]) == {NAME, "MeterflowLayer"}
    assert set(template["Parameters"]) == {"PythonRuntime"}
    assert template["Resources"][NAME]["Properties"] == {
        "Runtime": {"Ref": "PythonRuntime"},
        "Handler": "app.handler",
        "Timeout": 40,
        "Layers": [{"Ref": "MeterflowLayer"}],
        "CodeUri": str(build.BUILD / NAME),
        "Environment": {"Variables": {"METERS_TABLE": "", "AWS_ENDPOINT_URL": ""}},
    }
    assert template["Resources"]["MeterflowLayer"]["Properties"]["ContentUri"] == str(build.BUILD / "MeterflowLayer")
    assert BUILT["Resources"][NAME]["Properties"]["CodeUri"] == NAME


def test_a_function_that_is_not_built_is_named() -> None:
    with pytest.raises(invoke.InvokeFailed, match="NewFunction is not built"):
        invoke.container_template(BUILT, "NewFunction", {})


def test_endpoints_are_those_that_a_container_reaches() -> None:
    variables = {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
        "AWS_ENDPOINT_URL_REKOGNITION": "http://127.0.0.1:4567/x",
        "QUEUE_URL": "http://127.0.0.1:4566/0/queue",
    }
    with invoke.container_environment(variables, "192.0.2.1") as environment:
        assert environment == {
            "AWS_ENDPOINT_URL": "http://host.docker.internal:4566",
            "AWS_ENDPOINT_URL_REKOGNITION": "http://host.docker.internal:4567/x",
            "QUEUE_URL": "http://127.0.0.1:4566/0/queue",
        }


@pytest.mark.parametrize(
    ("output", "result"),
    [
        ('{"outcome": "ACCEPT"}', {"outcome": "ACCEPT"}),
        ('a print\n{"first": 1}\n{"outcome": "ACCEPT"}\n\n', {"outcome": "ACCEPT"}),
        ('{"outcome": "ACCEPT"}\nnot json', {"outcome": "ACCEPT"}),
        ("null", None),
    ],
)
def test_the_last_json_line_is_the_result(output: str, result: object) -> None:
    assert invoke.parse(output) == result


@pytest.mark.parametrize("output", ["", "\n", "Function timed out"])
def test_an_output_without_json_is_no_result(output: str) -> None:
    with pytest.raises(ValueError, match="no line is JSON"):
        invoke.parse(output)


def test_sam_gets_template_environment_and_event_and_nothing_stays(deployed: Path, home: Path) -> None:
    deployed.write_text(
        f"#!{sys.executable}\n"
        "import json, os, sys\n"
        "said = dict(zip(sys.argv, sys.argv[1:]))\n"
        "read = lambda option: json.load(open(said[option]))\n"
        "print(json.dumps({'function': said['invoke'], 'event': said['--event'],\n"
        "    'resources': sorted(read('--template-file')['Resources']), 'env': read('--env-vars'),\n"
        "    'key': os.environ['AWS_ACCESS_KEY_ID']}))\n"
    )
    before = sorted(home.iterdir())
    result = invoke.invoke(STEP, Path("event.json"), {"METERS_TABLE": "other"})
    assert (result["function"], result["event"], result["key"]) == (NAME, "event.json", "test")
    assert result["resources"] == ["MeterflowLayer", NAME]
    environment = result["env"][NAME]
    assert environment["METERS_TABLE"] == "other"
    assert environment["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert not environment["AWS_ENDPOINT_URL"].endswith(":4566")
    assert sorted(home.iterdir()) == before


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ('echo \'{"errorType": "TransientError", "errorMessage": "down"}\'', "TransientError"),
        ('echo \'{"outcome": "ACCEPT"}\'; echo boom >&2; exit 1', "boom"),
        ("echo timed out after 15 seconds >&2", "gave no result: timed out after 15 seconds"),
    ],
)
def test_what_went_wrong_is_said(deployed: Path, script: str, says: str) -> None:
    deployed.write_text(f"#!/bin/sh\n{script}\n")
    with pytest.raises(invoke.InvokeFailed, match=f"(?s){STEP}.*{says}"):
        invoke.invoke(STEP, Path("event.json"))


def test_a_sam_that_hangs_is_asked_to_stop(deployed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invoke, "LONGEST_SECONDS", 1)
    deployed.write_text(
        f"#!{sys.executable}\n"
        "import sys, time\n"
        "try:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    print('container removed', file=sys.stderr)\n"
    )
    with pytest.raises(invoke.InvokeFailed, match="no result within 1 s: container removed"):
        invoke.invoke(STEP, Path("event.json"))


@pytest.mark.usefixtures("deployed")
@pytest.mark.parametrize("missing", ["env.json", "build/template.yaml"])
def test_what_is_not_deployed_says_what_to_do(home: Path, missing: str) -> None:
    (home / missing).unlink()
    with pytest.raises(invoke.InvokeFailed, match="start the laptop cloud with: make run"):
        invoke.invoke(STEP, Path("event.json"))


@pytest.mark.parametrize(
    ("docker", "up", "says"), [(False, True, "needs Docker"), (True, False, "start it with: make run")]
)
def test_the_command_says_what_it_needs(monkeypatch: pytest.MonkeyPatch, docker: bool, up: bool, says: str) -> None:
    monkeypatch.setattr(invoke, "docker_works", lambda: docker)
    monkeypatch.setattr(cloud, "is_up", lambda: up)
    monkeypatch.setattr(sys, "argv", ["invoke", STEP])
    with pytest.raises(SystemExit, match=says):
        invoke.main()


def test_the_command_prints_the_result(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(invoke, "docker_works", lambda: True)
    monkeypatch.setattr(cloud, "is_up", lambda: True)
    monkeypatch.setattr(invoke, "invoke", lambda step, event: {"step": step, "event": event.name})
    monkeypatch.setattr(sys, "argv", ["invoke", "validate_reading"])
    invoke.main()
    assert json.loads(capsys.readouterr().out) == {"step": STEP, "event": "validate_reading.json"}
