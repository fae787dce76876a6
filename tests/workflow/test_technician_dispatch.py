"""technician_dispatch, run on fakes: yes, no, silence, nobody, too late, and every way to break."""

from __future__ import annotations

from typing import Any

import pytest

from meterflow.errors import BrokenInvariant, TransientError
from tests.workflow.expressions import timed_out, unvisited
from tests.workflow.scenarios import Each, Failed, Scenario, Workflow, check

REQUEST = {
    "job_key": "alert-1",
    "cause": "anomaly",
    "meter_id": "WTR-0001",
    "risk_level": "HIGH",
    "reason": "runs at night",
    "submission_id": "7b0f4f6e-5d55-5d3e-9a3e-1f0c5c3b2a10",
}
REQUESTED = {"source": "meterflow", "detail-type": "DispatchRequested", "detail": REQUEST}


def job(outcome: str, status: str, **more: Any) -> dict[str, Any]:
    return {"outcome": outcome, "job_id": "job-1", "status": status, **more}


def chosen(technician_id: str) -> dict[str, Any]:
    return job("CHOSEN", "OPEN", technician_id=technician_id, why="nearest")


NOBODY, CLOSED = job("NOBODY", "OPEN"), job("CLOSED", "CANCELLED")


def escalated(escalation: str, outcome: str = "ESCALATED", status: str = "ESCALATED") -> dict[str, Any]:
    return job(outcome, status, escalation=escalation)


WORKFLOW = Workflow(
    "technician_dispatch",
    REQUESTED,
    {
        "CreateJob": job("CREATED", "OPEN"),
        "ChooseTechnician": chosen("TECH-02"),
        "OfferJob": {"answer": "ACCEPTED"},
        "RecordAnswer": job("ACCEPTED", "ACCEPTED"),
        "AnnounceJob": lambda sent: job("TOLD", sent["status"]),
        "AwaitCompletion": {"outcome": "COMPLETED"},
        "CloseJob": job("DONE", "DONE"),
        "EscalateJob": lambda sent: escalated(sent["escalation"]),
    },
    rides_along=frozenset({"escalation"}),
)
CREATED = ["CreateJob", "JobIsOurs"]
ASKED = ["ChooseTechnician", "TechnicianFound", "OfferJob", "RecordAnswer", "OfferAccepted"]
TOLD = ["AnnounceJob", "JobAnnounced"]
WORKED = ["AwaitCompletion", "CloseJob", "JobDone"]
DECLINED, SILENT = job("DECLINED", "OPEN"), job("SILENT", "OPEN")

SCENARIOS = [
    Scenario(
        "the first one takes it and does it",
        path=[*CREATED, *ASKED, *TOLD, *WORKED, *TOLD, "JobEnded"],
        output={"job_id": "job-1", "status": "DONE"},
        sent={
            "CreateJob": {**REQUEST, "holder": "the-first-one-takes-it-and-does-it"},
            "OfferJob": {"technician_id": "TECH-02", "task_token": "token-of-OfferJob", "deadline_seconds": 900},
            "RecordAnswer": {"technician_id": "TECH-02", "answer": "ACCEPTED"},
            "AwaitCompletion": {"task_token": "token-of-AwaitCompletion"},
            "AnnounceJob": {"status": "DONE"},
        },
        retries={},
    ),
    Scenario("a direct start", input=REQUEST, passes=("CloseJob",), sent={"CreateJob": REQUEST}),
    Scenario(
        "the same request twice",
        {"CreateJob": job("ALREADY", "OFFERED")},
        path=[*CREATED, "JobEnded"],
        output={"status": "OFFERED"},
    ),
    Scenario(
        "a no goes to the next person",
        {
            "ChooseTechnician": Each(chosen("TECH-02"), chosen("TECH-03")),
            "OfferJob": Each({"answer": "DECLINED"}, {"answer": "ACCEPTED"}),
            "RecordAnswer": Each(DECLINED, job("ACCEPTED", "ACCEPTED")),
        },
        path=[*CREATED, *ASKED, *ASKED, *TOLD, *WORKED, *TOLD, "JobEnded"],
        sent={"OfferJob": {"technician_id": "TECH-03"}},
    ),
    Scenario(
        "silence goes to the next person and is not retried",
        {
            "ChooseTechnician": Each(chosen("TECH-02"), chosen("TECH-03")),
            "OfferJob": Each(timed_out(), {"answer": "ACCEPTED"}),
            "RecordAnswer": Each(SILENT, job("ACCEPTED", "ACCEPTED")),
        },
        path=[*CREATED, *ASKED, *ASKED, *TOLD, *WORKED, *TOLD, "JobEnded"],
        retries={},
    ),
    Scenario(
        "a yes that came in the last moment outlives silence",
        {"OfferJob": timed_out()},
        passes=("AwaitCompletion", "CloseJob"),
        sent={"RecordAnswer": {"technician_id": "TECH-02", "answer": "SILENT"}},
    ),
    Scenario(
        "nobody is free",
        {"ChooseTechnician": NOBODY},
        path=[*CREATED, *ASKED[:2], "EscalateJob", "JobEscalated", *TOLD, "JobEnded"],
        sent={"EscalateJob": {"escalation": "NOBODY"}, "AnnounceJob": {"status": "ESCALATED"}},
        output={"status": "ESCALATED"},
    ),
    Scenario(
        "everybody declines",
        {
            "ChooseTechnician": Each(chosen("TECH-02"), chosen("TECH-03"), NOBODY),
            "OfferJob": {"answer": "DECLINED"},
            "RecordAnswer": DECLINED,
        },
        passes=("EscalateJob",),
        output={"status": "ESCALATED"},
    ),
    Scenario("cancelled before the offer", {"ChooseTechnician": CLOSED}, path=[*CREATED, *ASKED[:2], "JobEnded"]),
    Scenario(
        "cancelled during the offer",
        {"OfferJob": {"answer": "CLOSED"}, "RecordAnswer": CLOSED},
        path=[*CREATED, *ASKED, "JobEnded"],
        output={"status": "CANCELLED"},
    ),
    Scenario(
        "cancelled while it was worked on", {"CloseJob": CLOSED}, path=[*CREATED, *ASKED, *TOLD, *WORKED, "JobEnded"]
    ),
    Scenario(
        "late, then done",
        {"AwaitCompletion": Each(timed_out(), {"outcome": "COMPLETED"})},
        path=[
            *CREATED,
            *ASKED,
            *TOLD,
            "AwaitCompletion",
            "EscalateJob",
            "JobEscalated",
            *WORKED,
            *TOLD,
            "JobEnded",
        ],
        sent={"EscalateJob": {"escalation": "LATE"}},
        output={"status": "DONE"},
    ),
    Scenario(
        "never done",
        {"AwaitCompletion": timed_out()},
        sent={"EscalateJob": {"escalation": "ABANDONED"}},
        output={"status": "ESCALATED"},
        retries={},
    ),
    Scenario(
        "done in the moment of its escalation",
        {"AwaitCompletion": timed_out(), "EscalateJob": escalated("LATE", "COMPLETED", "ACCEPTED")},
        passes=("CloseJob",),
        output={"status": "DONE"},
    ),
    Scenario(
        "cancelled in the moment of its escalation",
        {"AwaitCompletion": timed_out(), "EscalateJob": escalated("LATE", "CLOSED", "CANCELLED")},
        avoids=("CloseJob",),
        output={"status": "CANCELLED"},
    ),
    Scenario(
        "the customer cannot be told, the work goes on, the execution says so",
        {"AnnounceJob": TransientError("bus")},
        passes=("CloseJob",),
        retries={"AnnounceJob": 10},
        status="FAILED",
        error="DispatchFailed",
        cause="TransientError",
    ),
    Scenario(
        "no job", {"CreateJob": BrokenInvariant("x")}, status="FAILED", error="JobNotCreated", cause="BrokenInvariant"
    ),
    *[
        Scenario(
            f"{step} is broken",
            {step: Failed("Lambda.Unknown")},
            sent={"EscalateJob": {"escalation": "FAULT"}},
            retries={step: 1},
            status="FAILED",
            error="DispatchFailed",
            cause="Lambda.Unknown",
        )
        for step in ("ChooseTechnician", "OfferJob", "RecordAnswer", "AwaitCompletion", "CloseJob")
    ],
    Scenario(
        "the last resort is broken",
        {"ChooseTechnician": NOBODY, "EscalateJob": BrokenInvariant("x")},
        status="FAILED",
        error="DispatchFailed",
        cause="BrokenInvariant",
    ),
    Scenario(
        "an outage passes",
        {"CreateJob": Each(TransientError("throttled"), job("CREATED", "OPEN"))},
        retries={"CreateJob": 1},
        passes=("CloseJob",),
    ),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_scenario(scenario: Scenario) -> None:
    check(WORKFLOW, scenario)


def test_every_state_and_way_is_visited() -> None:
    assert unvisited(WORKFLOW.machine, [WORKFLOW.run(scenario) for scenario in SCENARIOS]) == []
