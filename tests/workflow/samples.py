"""A small machine that keeps every rule: the checks pass it, and each bad sample is this one with one thing spoilt."""

from __future__ import annotations

from typing import Any

OUTAGES = [
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "TransientError",
]


def outage_retrier() -> dict[str, Any]:
    """Outages of AWS and ours: five attempts, at most 20 s apart."""
    return {
        "ErrorEquals": [*OUTAGES],
        "IntervalSeconds": 1,
        "BackoffRate": 2,
        "MaxAttempts": 5,
        "MaxDelaySeconds": 20,
        "JitterStrategy": "FULL",
    }


def crash_retrier(*errors: str) -> dict[str, Any]:
    """A function that died: once more."""
    return {
        "ErrorEquals": [*errors],
        "IntervalSeconds": 2,
        "BackoffRate": 2,
        "MaxAttempts": 1,
        "JitterStrategy": "FULL",
    }


def good() -> dict[str, Any]:
    """Find the meter, ask a person up to three times, start a child, end. A new copy at each call."""
    return {
        "Comment": "Asks a person about a meter.",
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": 3600,
        "StartAt": "FindMeter",
        "States": {
            "FindMeter": {
                "Type": "Task",
                "Comment": "Everything else depends on the meter.",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Arguments": {
                    "FunctionName": "${FindMeterFunctionArn}",
                    "Payload": {"meter_id": "{% $states.input.meter_id %}"},
                },
                "TimeoutSeconds": 20,
                "Retry": [
                    outage_retrier(),
                    crash_retrier("Lambda.Unknown", "Runtime.ExitError", "Sandbox.Timedout", "States.Timeout"),
                ],
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "MeterNotFound"}],
                "Assign": {"meter": "{% $states.result.Payload %}", "asked": 0},
                "Output": "{% $states.result.Payload %}",
                "Next": "IsAsked",
            },
            "IsAsked": {
                "Type": "Choice",
                "Choices": [{"Condition": "{% $asked >= 3 %}", "Next": "NobodyAnswered"}],
                "Default": "AskPerson",
            },
            "AskPerson": {
                "Type": "Task",
                "Comment": "Only a person can see the meter.",
                "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
                "Arguments": {
                    "FunctionName": "${AskPersonFunctionArn}",
                    "Payload": {"meter_id": "{% $meter.meter_id %}", "token": "{% $states.context.Task.Token %}"},
                },
                "TimeoutSeconds": "{% $number('${AnswerSeconds}') %}",
                "Retry": [outage_retrier(), crash_retrier("Lambda.Unknown", "Runtime.ExitError", "Sandbox.Timedout")],
                "Catch": [
                    {"ErrorEquals": ["States.Timeout"], "Next": "IsAsked", "Assign": {"asked": "{% $asked + 1 %}"}},
                    {"ErrorEquals": ["States.ALL"], "Next": "AskingFailed"},
                ],
                "Assign": {"answer": "{% $states.result.outcome %}", "asked": "{% $asked + 1 %}"},
                "Next": "StartInspection",
            },
            "StartInspection": {
                "Type": "Task",
                "Comment": "The inspection has a life of its own.",
                "Resource": "arn:aws:states:::states:startExecution.sync:2",
                "Arguments": {
                    "StateMachineArn": "${InspectionStateMachineArn}",
                    "Name": (
                        "{% $substring($hash($meter.meter_id & $string($states.context.State.RetryCount),"
                        " 'SHA-256'), 0, 40) %}"
                    ),
                    "Input": {"meter_id": "{% $meter.meter_id %}", "answer": "{% $answer %}"},
                },
                "TimeoutSeconds": 60,
                "Retry": [crash_retrier("StepFunctions.AWSStepFunctionsException")],
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "InspectionFailed"}],
                "Output": "{% $states.result.Output %}",
                "Next": "Done",
            },
            "NobodyAnswered": {"Type": "Pass", "Output": {"outcome": "SILENCE"}, "Next": "Done"},
            "Done": {"Type": "Succeed"},
            "MeterNotFound": {"Type": "Fail", "Error": "MeterNotFound", "Cause": "The meter could not be read."},
            "AskingFailed": {"Type": "Fail", "Error": "AskingFailed", "Cause": "The question could not be sent."},
            "InspectionFailed": {"Type": "Fail", "Error": "InspectionFailed", "Cause": "The child broke."},
        },
    }
