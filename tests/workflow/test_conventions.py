"""Every state machine keeps the conventions of decision 0005, and each check has been seen to refuse a bad one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.workflow import asl, samples

FILES = asl.machine_files()
Spoil = Callable[[dict[str, Any]], object]


def test_there_are_state_machines() -> None:
    assert FILES, "statemachines/ holds no definition"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
@pytest.mark.parametrize("check", asl.CHECKS, ids=lambda check: check.__name__)
def test_state_machine_keeps(check: Callable[[asl.Machine], list[str]], path: Path) -> None:
    assert not (problems := check(asl.load(path))), "\n".join(problems)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_state_machine_is_short(path: Path) -> None:
    assert asl.check_size(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_state_machine_has_scenarios(path: Path) -> None:
    scenarios = Path(__file__).with_name(f"test_{path.name.removesuffix('.asl.json')}.py")
    assert scenarios.exists(), f"{scenarios.name} has to walk every state and way of {path.name}"
    assert "assert unvisited(WORKFLOW.machine" in scenarios.read_text(encoding="utf-8")


@pytest.mark.parametrize("check", asl.CHECKS, ids=lambda check: check.__name__)
def test_the_good_sample_passes(check: Callable[[asl.Machine], list[str]]) -> None:
    assert check(samples.good()) == []


def _task(machine: dict[str, Any], name: str = "FindMeter") -> dict[str, Any]:
    state: dict[str, Any] = machine["States"][name]
    return state


def _rename(machine: dict[str, Any], old: str, new: str) -> None:
    machine["States"][new] = machine["States"].pop(old)
    for state in machine["States"].values():
        for holder in [state, *state.get("Catch", []), *state.get("Choices", [])]:
            if holder.get("Next") == old:
                holder["Next"] = new


def _child(machine: dict[str, Any]) -> dict[str, Any]:
    arguments: dict[str, Any] = machine["States"]["StartInspection"]["Arguments"]
    return arguments


# What each check must refuse: (check, what is wrong, the spoiling, a word that the problem must say).
BAD: list[tuple[Callable[[asl.Machine], list[str]], str, Spoil, str]] = [
    (asl.check_top_level, "JSONPath", lambda m: m.pop("QueryLanguage"), "JSONata"),
    (asl.check_top_level, "no comment", lambda m: m.update(Comment=" "), "Comment"),
    (asl.check_top_level, "no deadline", lambda m: m.pop("TimeoutSeconds"), "TimeoutSeconds"),
    (asl.check_top_level, "a deadline of text", lambda m: m.update(TimeoutSeconds="60"), "TimeoutSeconds"),
    (asl.check_top_level, "mixed languages", lambda m: _task(m).update(QueryLanguage="JSONPath"), "mixes"),
    (asl.check_statelint, "a field of JSONPath", lambda m: _task(m).update(ResultPath="$.x"), "FindMeter"),
    (asl.check_statelint, "a misspelt field", lambda m: _task(m).update(Timeout=3), "Timeout"),
    (asl.check_statelint, "a deadline that is plain text", lambda m: _task(m).update(TimeoutSeconds="soon"), "soon"),
    (asl.check_statelint, "no StartAt", lambda m: m.pop("StartAt"), "StartAt"),
    (
        asl.check_resources,
        "an AWS SDK call",
        lambda m: _task(m).update(Resource="arn:aws:states:::aws-sdk:dynamodb:getItem"),
        "not allowed",
    ),
    (
        asl.check_resources,
        "the version of sync that returns text",
        lambda m: _task(m, "StartInspection").update(Resource="arn:aws:states:::states:startExecution.sync"),
        "not allowed",
    ),
    (
        asl.check_tasks_are_named_as_their_functions,
        "another function",
        lambda m: _task(m)["Arguments"].update(FunctionName="${LoadMeterFunctionArn}"),
        "FindMeter",
    ),
    (
        asl.check_tasks_are_named_as_their_functions,
        "a machine written out",
        lambda m: _child(m).update(StateMachineArn="arn:aws:states:eu-central-1:1:stateMachine:x"),
        "StartInspection",
    ),
    (asl.check_comments_and_deadlines, "no comment", lambda m: _task(m).pop("Comment"), "Comment"),
    (asl.check_comments_and_deadlines, "no deadline", lambda m: _task(m).pop("TimeoutSeconds"), "TimeoutSeconds"),
    (asl.check_comments_and_deadlines, "text", lambda m: _task(m).update(TimeoutSeconds="20"), "TimeoutSeconds"),
    (asl.check_retries, "no retry", lambda m: _task(m).pop("Retry"), "does not retry"),
    (
        asl.check_retries,
        "throttling not retried",
        lambda m: _task(m)["Retry"][0]["ErrorEquals"].remove("Lambda.TooManyRequestsException"),
        "TooManyRequests",
    ),
    (
        asl.check_retries,
        "our outage not retried",
        lambda m: _task(m)["Retry"][0]["ErrorEquals"].remove("TransientError"),
        "TransientError",
    ),
    (
        asl.check_retries,
        "too many attempts",
        lambda m: _task(m)["Retry"][0].update(MaxAttempts=9),
        "at most 8",
    ),
    (
        asl.check_retries,
        "named, but with no attempts",
        lambda m: _task(m)["Retry"][0].update(MaxAttempts=0),
        "does not retry",
    ),
    (asl.check_retries, "every error", lambda m: _task(m)["Retry"][1].update(ErrorEquals=["States.ALL"]), "bugs too"),
    (asl.check_retries, "no backoff", lambda m: _task(m)["Retry"][0].pop("BackoffRate"), "BackoffRate"),
    (asl.check_retries, "no jitter", lambda m: _task(m)["Retry"][0].pop("JitterStrategy"), "JitterStrategy"),
    (asl.check_retries, "no bound of delay", lambda m: _task(m)["Retry"][0].pop("MaxDelaySeconds"), "MaxDelaySeconds"),
    (asl.check_retries, "default attempts", lambda m: _task(m)["Retry"][0].pop("MaxAttempts"), "MaxAttempts"),
    (asl.check_retries, "crashes again and again", lambda m: _task(m)["Retry"][1].update(MaxAttempts=2), "once"),
    (
        asl.check_retries,
        "a person asked again because silent",
        lambda m: _task(m, "AskPerson")["Retry"][1]["ErrorEquals"].append("States.Timeout"),
        "silence",
    ),
    (asl.check_retries, "a child started once", lambda m: _task(m, "StartInspection").pop("Retry"), "throttled"),
    (asl.check_catches, "no catch", lambda m: _task(m).pop("Catch"), "needs a Catch"),
    (asl.check_catches, "nowhere", lambda m: _task(m)["Catch"][0].update(Next="Nowhere"), "does not exist"),
    (
        asl.check_catches,
        "ALL in company",
        lambda m: _task(m)["Catch"][0].update(ErrorEquals=["States.Timeout", "States.ALL"]),
        "alone",
    ),
    (asl.check_catches, "ALL first", lambda m: _task(m, "AskPerson")["Catch"].reverse(), "last"),
    (asl.check_catches, "no ALL", lambda m: _task(m, "AskPerson")["Catch"].pop(), "must be States.ALL"),
    (
        asl.check_callbacks,
        "no token",
        lambda m: _task(m, "AskPerson")["Arguments"]["Payload"].pop("token"),
        "task token",
    ),
    (asl.check_callbacks, "silence not caught", lambda m: _task(m, "AskPerson")["Catch"].pop(0), "silence"),
    (
        asl.check_callbacks,
        "silence fails",
        lambda m: _task(m, "AskPerson")["Catch"][0].update(Next="AskingFailed"),
        "way out",
    ),
    (
        asl.check_task_tokens_travel_alone,
        "token kept",
        lambda m: _task(m, "AskPerson")["Assign"].update(answer="{% $states.context.Task.Token %}"),
        "leaves the Payload",
    ),
    (asl.check_choices, "no default", lambda m: _task(m, "IsAsked").pop("Default"), "Default"),
    (asl.check_failures, "no cause", lambda m: _task(m, "MeterNotFound").pop("Cause"), "Cause"),
    (asl.check_failures, "no error", lambda m: _task(m, "MeterNotFound").update(Error=""), "Error"),
    (asl.check_failures, "twins", lambda m: _task(m, "AskingFailed").update(Error="MeterNotFound"), "told apart"),
    (asl.check_names, "snake", lambda m: _rename(m, "Done", "all_done"), "PascalCase"),
    (asl.check_names, "spaces", lambda m: _rename(m, "Done", "All Done"), "PascalCase"),
    (asl.check_names, "long", lambda m: _rename(m, "Done", "D" + "o" * 80), "longer"),
    (
        asl.check_names,
        "twice",
        lambda m: m["States"].update(
            Group={
                "Type": "Parallel",
                "Branches": [{"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}],
                "Next": "Done",
            }
        ),
        "two states",
    ),
    (asl.check_child_names, "a free name", lambda m: _child(m).update(Name="{% $uuid() %}"), "$hash"),
    (asl.check_child_names, "no name", lambda m: _child(m).pop("Name"), "$hash"),
    (
        asl.check_child_names,
        "the whole hash",
        lambda m: _child(m).update(Name=_child(m)["Name"].replace("0, 40", "0, 64")),
        "40 hex",
    ),
    (
        asl.check_child_names,
        "no attempt in a retried name",
        lambda m: _child(m).update(Name=_child(m)["Name"].replace("$states.context.State.RetryCount", "1")),
        "RetryCount",
    ),
    (asl.check_targets_and_reach, "nowhere", lambda m: _task(m).update(Next="Nowhere"), "does not exist"),
    (asl.check_targets_and_reach, "an island", lambda m: m["States"].update(Island={"Type": "Succeed"}), "Island"),
    (
        asl.check_loops,
        "a circle without a choice",
        lambda m: _task(m, "AskPerson")["Catch"][0].update(Next="AskPerson"),
        "AskPerson",
    ),
    (
        asl.check_loops,
        "a choice that cannot leave",
        lambda m: _task(m, "IsAsked")["Choices"][0].update(Next="AskPerson"),
        "AskPerson",
    ),
    (asl.check_personal_data, "a kept e-mail", lambda m: _task(m)["Assign"].update(email="{% 1 %}"), "email"),
    (
        asl.check_personal_data,
        "a phone made in an expression",
        lambda m: _task(m).update(Output="{% {'phone': $states.result.Payload.p} %}"),
        "phone",
    ),
    (
        asl.check_personal_data,
        "a token kept by a catch",
        lambda m: _task(m)["Catch"][0].update(Output={"deep": {"Token": 1}}),
        "Token",
    ),
    (asl.check_expressions, "broken", lambda m: _task(m).update(Output="{% $states. %}"), "does not parse"),
    (asl.check_expressions, "text around", lambda m: _task(m).update(Output="meter {% $meter %}"), "must start"),
    (asl.check_expressions, "$eval", lambda m: _task(m).update(Output="{% $eval('1') %}"), "$eval"),
    (
        asl.check_assignments_stand_alone,
        "one assignment reads another",
        lambda m: _task(m)["Assign"].update(twice="{% $asked * 2 %}"),
        "twice",
    ),
    (asl.check_variables, "never set", lambda m: _task(m).update(Output="{% $unknown.x %}"), "$unknown"),
    (
        asl.check_variables,
        "set on one way only",
        lambda m: _task(m, "NobodyAnswered").update(Output={"answer": "{% $answer %}"}),
        "$answer",
    ),
    (
        asl.check_variables,
        "set by the way that was not taken",
        lambda m: (
            _task(m)["Catch"][0].update(Next="NobodyAnswered"),
            _task(m, "NobodyAnswered").update(Output="{% $meter %}"),
        ),
        "$meter",
    ),
    (
        asl.check_substitutions,
        "snake",
        lambda m: _task(m, "AskPerson").update(TimeoutSeconds="{% $number('${answer_seconds}') %}"),
        "answer_seconds",
    ),
]


@pytest.mark.parametrize(("check", "what", "spoil", "word"), BAD, ids=[f"{b[0].__name__}-{b[1]}" for b in BAD])
def test_a_bad_machine_is_refused(
    check: Callable[[asl.Machine], list[str]], what: str, spoil: Spoil, word: str
) -> None:
    machine = samples.good()
    spoil(machine)
    assert any(word in problem for problem in check(machine)), f"{what} passed: {check(machine)}"


def test_every_check_has_been_seen_to_refuse() -> None:
    assert {bad[0] for bad in BAD} == set(asl.CHECKS)


def test_long_and_broken_files_are_refused(tmp_path: Path) -> None:
    assert asl.check_size("\n" * (asl.MAXIMUM_LINES + 1))
    assert asl.check_size("\n" * asl.MAXIMUM_LINES) == []
    unquoted = tmp_path / "unquoted.asl.json"
    unquoted.write_text('{"TimeoutSeconds": ${Seconds}}')
    with pytest.raises(ValueError, match="Expecting"):
        asl.load(unquoted)
    twice = tmp_path / "twice.asl.json"
    twice.write_text('{"States": {"A": {}, "A": {}}}')
    with pytest.raises(ValueError, match="twice"):
        asl.load(twice)


def test_guarded_and_local_variables_are_no_workflow_variables() -> None:
    machine = samples.good()
    _task(machine)["Output"] = (
        "{% ($local := 1; $exists($photo) ? $photo : $map([1], function($item) { $item + $local })) ~> $count %}"
    )
    assert asl.check_variables(machine) == []
