"""The harness itself: it must do what AWS does, else the scenarios prove nothing."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from meterflow.errors import BrokenInvariant, TransientError
from tests.workflow import asl, samples
from tests.workflow.expressions import Each, ExpressionError, Failed, evaluate, run, substitute, timed_out, unvisited

ANSWERS = {"FindMeter": {"meter_id": "WTR-0001"}, "AskPerson": {"outcome": "SEEN"}, "StartInspection": {"done": True}}
SECONDS = {"AnswerSeconds": "60"}


def walk(machine: dict[str, Any] | None = None, **answers: Any) -> Any:
    return run(machine or samples.good(), {"meter_id": "WTR-0001"}, ANSWERS | answers, substitutions=SECONDS)


def test_the_straight_way() -> None:
    result = walk()
    assert result.path == ["FindMeter", "IsAsked", "AskPerson", "StartInspection", "Done"]
    assert (result.status, result.output) == ("SUCCEEDED", {"done": True})
    assert result.names == [hashlib.sha256(b"WTR-00010").hexdigest()[:40]]
    assert result.sent("AskPerson") == {"meter_id": "WTR-0001", "token": "token-of-AskPerson"}
    assert result.variables == {"meter": {"meter_id": "WTR-0001"}, "asked": 1, "answer": "SEEN"}


def test_silence_goes_round_until_the_choice_leaves() -> None:
    result = walk(AskPerson=timed_out())
    assert result.path == ["FindMeter", *["IsAsked", "AskPerson"] * 3, "IsAsked", "NobodyAnswered", "Done"]
    assert result.output == {"outcome": "SILENCE"}
    assert result.retries == {}


def test_an_outage_is_retried_and_then_over() -> None:
    result = walk(FindMeter=Each(TransientError("busy"), Failed("Lambda.TooManyRequestsException"), {"meter_id": "A"}))
    assert (result.status, result.retries) == ("SUCCEEDED", {"FindMeter": 2})


def test_a_lasting_outage_is_caught() -> None:
    result = walk(FindMeter=TransientError("busy"))
    assert (result.status, result.error, result.retries) == ("FAILED", "MeterNotFound", {"FindMeter": 5})
    assert result.path == ["FindMeter", "MeterNotFound"]


def test_a_bug_is_not_retried() -> None:
    result = walk(FindMeter=BrokenInvariant("two meters"))
    assert (result.error, result.retries) == ("MeterNotFound", {})


def test_a_retried_child_gets_another_name() -> None:
    result = walk(StartInspection=Each(Failed("StepFunctions.AWSStepFunctionsException"), {"done": True}))
    assert len(set(result.names)) == 2


def test_what_states_all_does_not_catch() -> None:
    result = walk(FindMeter=Failed("States.DataLimitExceeded"))
    assert (result.path, result.error) == (["FindMeter"], "States.DataLimitExceeded")


def test_a_wrong_expression_fails_the_test_and_is_not_caught() -> None:
    machine = samples.good()
    machine["States"]["FindMeter"]["Output"] = "{% $states.result.Nothing %}"
    with pytest.raises(ExpressionError, match="no result"):
        walk(machine)
    machine["States"]["FindMeter"]["Output"] = "{% 'a' + 1 %}"
    with pytest.raises(ExpressionError, match="T2001"):
        walk(machine)


def test_a_condition_must_be_a_boolean() -> None:
    machine = samples.good()
    machine["States"]["IsAsked"]["Choices"][0]["Condition"] = "{% $asked %}"
    with pytest.raises(ExpressionError, match="boolean"):
        walk(machine)


def test_an_assign_reads_what_was_before() -> None:
    machine = samples.good()
    machine["States"]["AskPerson"]["Assign"] = {"asked": 7, "answer": "{% $string($asked) %}"}
    assert walk(machine).variables["answer"] == "0"


def test_too_large_a_state_is_refused() -> None:
    with pytest.raises(AssertionError, match="262144"):
        walk(StartInspection={"photo": "x" * 300_000})


def test_a_missing_answer_or_substitution_is_the_tests_fault() -> None:
    with pytest.raises(AssertionError, match="no answer for FindMeter"):
        run(samples.good(), {"meter_id": "A"}, {}, substitutions=SECONDS)
    with pytest.raises(AssertionError, match="more often"):
        walk(AskPerson=Each(timed_out()))
    with pytest.raises(KeyError, match="AnswerSeconds"):
        substitute(samples.good(), {})


def test_unvisited_states_and_ways_are_listed() -> None:
    missing = unvisited(samples.good(), [walk()])
    assert "NobodyAnswered" in missing
    assert "AskPerson -> IsAsked (catch 0)" in missing
    assert "IsAsked -> AskPerson (default)" not in missing
    runs = [walk(), walk(AskPerson=timed_out())]
    runs += [walk(**{name: BrokenInvariant("x")}) for name in ("FindMeter", "AskPerson", "StartInspection")]
    assert unvisited(samples.good(), runs) == []


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("$hash('a', 'SHA-256')", hashlib.sha256(b"a").hexdigest()),
        ("$partition([1,2,3,4,5], 2)", [[1, 2], [3, 4], [5]]),
        ("$range(1, 9, 4)", [1, 5, 9]),
        ("$range(3, 1, -1)", [3, 2, 1]),
        ("$parse('{\"a\": [null]}')", {"a": [None]}),
        ("$length($uuid())", 36),
        ("$random(7) = $random(7)", True),
        ("$states.input.none", None),
        ("$none", None),
        ("$states.input.missing != null", False),
        ("$exists($states.input.none)", True),
    ],
)
def test_the_functions_and_nulls_of_step_functions(code: str, value: Any) -> None:
    assert evaluate(code, {"input": {"none": None}}, {"none": None}) == value


def test_the_laptop_cloud_agrees() -> None:
    """The emulator's evaluator gives the same values, so a scenario passed here is not broken there."""
    stepfunctions = pytest.importorskip("ministack.services.stepfunctions")
    machine, given = samples.good(), {"meter_id": "WTR-0001"}
    for _, state in asl.states(machine):
        for text in asl.own_strings(state):
            code = asl.expression(asl.SUBSTITUTION.sub("60", text))
            if code is None or "result" in code:
                continue
            context = {"State": {"RetryCount": 0}, "Task": {"Token": "t"}}
            variables = {"meter": given, "asked": 1, "answer": "SEEN"}
            ours = evaluate(code, {"input": given, "context": context}, variables)
            theirs = stepfunctions._evaluate_jsonata(code, given, {**context, "variables": variables})
            assert json.dumps(ours) == json.dumps(theirs), code
