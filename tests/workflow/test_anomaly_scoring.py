"""anomaly_scoring, run on fakes: what is scored, who is alarmed, and what is lost where a step breaks."""

from __future__ import annotations

from typing import Any

import pytest

from meterflow.errors import BrokenInvariant, TransientError
from tests.workflow.expressions import unvisited
from tests.workflow.scenarios import Each, Failed, Scenario, Workflow, check

READING = {
    "submission_id": "7b0f4f6e-5d55-5d3e-9a3e-1f0c5c3b2a10",
    "meter_id": "WTR-0001",
    "value": "00123.456",
    "taken_at": "2026-11-21T08:00:00Z",
}
HISTORY = {
    "kind": "water",
    "zone": "zone-1",
    "unit": "m3",
    "capacity": "100000",
    "multiplier": "1",
    "max_daily": "5",
    "readings": [{"value": "00120.000", "taken_at": "2026-11-14T08:00:00Z"}],
}


def verdict(risk_level: str, alert_id: str | None = None) -> dict[str, Any]:
    return {
        "outcome": "SCORED",
        "reason": "usual",
        "risk_level": risk_level,
        "score": 0.25,
        "leak_probability": 0.2,
        "burst_probability": 0.1,
        "alert_id": alert_id,
        "model_version": "rate-anomaly-1",
        "degraded": [],
    }


# What the stream's consumer starts the machine with: a row of a sensor that it has scored and kept.
SENSOR = {
    "alarm": {
        "alert_id": "alert-9",
        "submission_id": "row-9",
        "meter_id": "S001",
        "taken_at": "2026-11-21T08:00:00Z",
        "kind": "fire",
        "zone": "CRITICAL",
        "risk_level": "CRITICAL",
        "score": 0.97,
        "reason": "hot and smoky",
        "found": "fire",
        "probabilities": {"fire": 0.97},
        "sensor": {"location": "Server Room A"},
        "rows": [{"taken_at": "2026-11-21T08:00:00Z", "measurements": {"t_max": 91.0}}],
    }
}
CRITICAL = verdict("CRITICAL", "alert-1")
WORKFLOW = Workflow(
    "anomaly_scoring",
    READING,
    {
        "LoadHistory": HISTORY,
        "ScoreReading": verdict("LOW"),
        "StoreScore": {"outcome": "STORED"},
        "RaiseAlarm": {"outcome": "RAISED", "alert_id": "alert-1"},
        "RequestDispatch": {"outcome": "REQUESTED", "job_key": "job-1", "job_id": "id-of-job-1"},
        "DrawChart": {"outcome": "DRAWN", "chart_key": "charts/alert-1"},
    },
)

SCENARIOS = [
    Scenario(
        "a usual reading is only kept",
        path=["WhatCame", "LoadHistory", "ScoreReading", "WasItScored", "StoreScore", "IsItUrgent", "ReportVerdict"],
        output={"risk_level": "LOW", "job_requested": False, "degraded": []},
        retries={},
        also=lambda run: assert_no_job(run.output),
    ),
    Scenario(
        "a new meter has no verdict and no score to keep",
        {"ScoreReading": {"outcome": "NO_VERDICT", "reason": "too_few_readings"}},
        avoids=("StoreScore", "RaiseAlarm"),
        output={"risk_level": None, "reason": "too_few_readings", "job_requested": False},
    ),
    Scenario(
        "a critical reading alarms and asks for a technician",
        {"ScoreReading": CRITICAL},
        passes=("RaiseAlarm", "NeedsLadder", "RequestDispatch", "DrawChart"),
        output={
            "risk_level": "CRITICAL",
            "job_requested": True,
            "job_id": "id-of-job-1",
            "alert_id": "alert-1",
            "degraded": [],
        },
        sent={
            "ScoreReading": {**READING, "history": {"zone": "zone-1"}},
            "RaiseAlarm": {"alert_id": "alert-1", "kind": "water", "zone": "zone-1", "reason": "usual"},
            "StoreScore": {"model_version": "rate-anomaly-1"},
            "RequestDispatch": {"alert_id": "alert-1", "risk_level": "CRITICAL"},
            "DrawChart": {"alert_id": "alert-1"},
        },
    ),
    Scenario("a high one too", {"ScoreReading": verdict("HIGH", "alert-2")}, passes=("RaiseAlarm", "RequestDispatch")),
    Scenario("a medium one is only kept", {"ScoreReading": verdict("MEDIUM")}, avoids=("RaiseAlarm",)),
    Scenario(
        "a score that cannot be kept does not silence the alarm",
        {"ScoreReading": CRITICAL, "StoreScore": TransientError("throttled")},
        passes=("RaiseAlarm", "RequestDispatch"),
        output={"degraded": ["score_not_stored"], "job_requested": True},
        retries={"StoreScore": 5},
    ),
    Scenario(
        "an alarm that cannot be told still sends somebody",
        {"ScoreReading": CRITICAL, "RaiseAlarm": BrokenInvariant("two alarms")},
        passes=("RequestDispatch",),
        output={"degraded": ["alarm_not_raised"], "job_requested": True, "job_id": "id-of-job-1"},
        also=lambda run: assert_no_alert(run.output),
    ),
    Scenario(
        "a chart that cannot be drawn is all that is lost",
        {"ScoreReading": CRITICAL, "DrawChart": BrokenInvariant("no letters")},
        output={"degraded": ["chart_not_drawn"], "job_requested": True, "alert_id": "alert-1"},
    ),
    Scenario(
        "a fire is told at once and asks nobody around",
        {"RaiseAlarm": {"outcome": "RAISED", "alert_id": "alert-9", "ladder": False}},
        input=SENSOR,
        path=["WhatCame", "TakeAlarm", "RaiseAlarm", "NeedsLadder", "DrawChart", "ReportVerdict"],
        output={"risk_level": "CRITICAL", "score": 0.97, "job_requested": False, "alert_id": "alert-9", "degraded": []},
        sent={"RaiseAlarm": SENSOR["alarm"], "DrawChart": {"alert_id": "alert-9"}},
    ),
    Scenario(
        "a sensor at a meter gets its technician",
        {"RaiseAlarm": {"outcome": "RAISED", "alert_id": "alert-9", "ladder": True}},
        input={"alarm": {**SENSOR["alarm"], "degraded": ["rules_only"]}},
        output={"degraded": ["rules_only"], "job_requested": True},
        passes=("RequestDispatch",),
        sent={"RequestDispatch": {"meter_id": "S001", "submission_id": "row-9", "reason": "hot and smoky"}},
    ),
    Scenario(
        "a sensor's alarm that gets lost is said so",
        {"RaiseAlarm": BrokenInvariant("x")},
        input=SENSOR,
        avoids=("RequestDispatch",),
        output={"degraded": ["alarm_not_raised"], "job_requested": False},
        also=lambda run: assert_no_alert(run.output),
    ),
    Scenario(
        "a model that does not load is said so",
        {"ScoreReading": verdict("LOW") | {"degraded": ["rules_only"]}},
        output={"risk_level": "LOW", "degraded": ["rules_only"]},
    ),
    Scenario(
        "everything behind the verdict is broken",
        {
            "ScoreReading": CRITICAL,
            "StoreScore": BrokenInvariant("x"),
            "RaiseAlarm": BrokenInvariant("x"),
            "RequestDispatch": TransientError("bus"),
            "DrawChart": TransientError("S3"),
        },
        output={
            "risk_level": "CRITICAL",
            "job_requested": False,
            "degraded": ["score_not_stored", "alarm_not_raised", "dispatch_not_requested", "chart_not_drawn"],
        },
        also=lambda run: assert_no_job(run.output),
    ),
    Scenario(
        "an outage passes",
        {"LoadHistory": Each(TransientError("throttled"), Failed("Lambda.TooManyRequestsException"), HISTORY)},
        retries={"LoadHistory": 2},
    ),
    Scenario(
        "no history, no verdict",
        {"LoadHistory": Failed("States.Timeout")},
        status="FAILED",
        error="HistoryUnavailable",
        cause="States.Timeout",
        retries={"LoadHistory": 1},
    ),
    Scenario(
        "scoring is broken",
        {"ScoreReading": BrokenInvariant("negative")},
        status="FAILED",
        error="ScoringFailed",
        cause="BrokenInvariant",
        retries={},
    ),
]


def assert_no_alert(output: dict[str, Any]) -> None:
    assert "alert_id" not in output


def assert_no_job(output: dict[str, Any]) -> None:
    assert "job_id" not in output


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_scenario(scenario: Scenario) -> None:
    check(WORKFLOW, scenario)


def test_every_state_and_way_is_visited() -> None:
    assert unvisited(WORKFLOW.machine, [WORKFLOW.run(scenario) for scenario in SCENARIOS]) == []
