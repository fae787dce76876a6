"""maintenance_notification, run on fakes: every event worth telling, told once, and every way to break."""

from __future__ import annotations

from typing import Any

import pytest

from meterflow.errors import BrokenInvariant, TransientError
from tests.workflow.expressions import unvisited
from tests.workflow.scenarios import Each, Failed, Scenario, Workflow, check

EVENT_ID = "7b0f4f6e-5d55-5d3e-9a3e-1f0c5c3b2a10"
CUSTOMER = "00000000-0000-4000-8000-000000000001"
DIRECT = {
    "event_id": EVENT_ID,
    "topic": "reading_settled",
    "recipient": CUSTOMER,
    "data": {"submission_id": EVENT_ID, "meter_id": "WTR-0001", "status": "ACCEPTED", "value": "00123.456"},
}


def happened(detail_type: str, **detail: Any) -> dict[str, Any]:
    """An event as EventBridge hands it to the machine."""
    return {"id": "x", "source": "meterflow", "detail-type": detail_type, "detail": {"event_id": EVENT_ID, **detail}}


READING_SETTLED = happened(
    "ReadingSettled",
    submission_id=EVENT_ID,
    meter_id="WTR-0001",
    customer_id=CUSTOMER,
    status="ACCEPTED",
    quality="valid",
    value="00123.456",
    unit="m3",
    kind="water",
    taken_at="2026-11-21T08:00:00Z",
    reasons=[],
    risk_level=None,
)
JOB_CHANGED = happened("JobChanged", job_id="job-1", meter_id="WTR-0001", customer_id=CUSTOMER, status="ACCEPTED")
OFFER = {
    "job_id": "job-1",
    "meter_id": "WTR-0001",
    "risk_level": "HIGH",
    "reason": "It counts at night.",
    "expires_at": "2026-11-21T08:15:00Z",
}


def step(outcome: str, topic: str = "reading_settled") -> dict[str, Any]:
    return {"notification_id": "n-1", "event_id": EVENT_ID, "topic": topic, "outcome": outcome}


WORKFLOW = Workflow(
    "maintenance_notification",
    DIRECT,
    {
        "ClaimMessage": step("CLAIMED"),
        "ComposeMessage": step("COMPOSED"),
        "SendMessage": step("SENT"),
        "SettleMessage": step("SENT"),
    },
)
TOLD = ["ClaimMessage", "IsItOurs", "ComposeMessage", "SendMessage", "SettleMessage", "DidAStepFail", "Done"]

SCENARIOS = [
    Scenario("a direct start", path=["WhatHappened", *TOLD], output={"outcome": "SENT"}, sent={"ClaimMessage": DIRECT}),
    Scenario(
        "a reading was settled",
        input=READING_SETTLED,
        path=["WhatHappened", "TellOfReading", *TOLD],
        sent={
            "ClaimMessage": {
                "event_id": EVENT_ID,
                "topic": "reading_settled",
                "recipient": CUSTOMER,
                "data": {"submission_id": EVENT_ID, "status": "ACCEPTED", "reasons": [], "risk_level": None},
            }
        },
        also=lambda run: no_customer_in(run.sent("ClaimMessage")["data"]),
    ),
    Scenario(
        "a job changed",
        {"ClaimMessage": step("CLAIMED", "job_changed")},
        input=JOB_CHANGED,
        passes=("TellOfJob", "SendMessage"),
        sent={"ClaimMessage": {"topic": "job_changed", "recipient": CUSTOMER, "data": {"job_id": "job-1"}}},
    ),
    Scenario(
        "a review was escalated",
        {"ClaimMessage": step("CLAIMED", "review_escalated")},
        input=happened("ReviewEscalated", submission_id=EVENT_ID, meter_id="WTR-0001"),
        passes=("TellOperatorsOfReview", "SendMessage"),
        sent={"ClaimMessage": {"topic": "review_escalated", "recipient": "operators"}},
    ),
    Scenario(
        "a job was offered",
        {"ClaimMessage": step("CLAIMED", "job_offered")},
        input=happened("JobOffered", technician_id="TECH-02", **OFFER),
        path=["WhatHappened", "TellTechnician", *TOLD],
        sent={"ClaimMessage": {"event_id": EVENT_ID, "topic": "job_offered", "recipient": "technician:TECH-02"}},
        also=lambda run: told_of(run.sent("ClaimMessage")["data"], OFFER),
    ),
    Scenario(
        "a job was offered, and nobody said how bad it is or until when",
        {"ClaimMessage": step("CLAIMED", "job_offered")},
        input=happened("JobOffered", technician_id="TECH-02", job_id="job-1", meter_id="WTR-0001"),
        passes=("TellTechnician", "SendMessage"),
        also=lambda run: told_of(run.sent("ClaimMessage")["data"], {"job_id": "job-1", "meter_id": "WTR-0001"}),
    ),
    Scenario(
        "a job was escalated",
        {"ClaimMessage": step("CLAIMED", "job_escalated")},
        input=happened("JobEscalated", job_id="job-1", meter_id="WTR-0001", reason="NOBODY"),
        path=["WhatHappened", "TellOperatorsOfJob", *TOLD],
        sent={
            "ClaimMessage": {
                "event_id": EVENT_ID,
                "topic": "job_escalated",
                "recipient": "operators",
                "data": {"job_id": "job-1", "meter_id": "WTR-0001", "reason": "NOBODY"},
            }
        },
    ),
    *[
        Scenario(
            f"{event['detail-type']} without a customer, {customer}",
            input={**event, "detail": {**event["detail"], "customer_id": None}}
            if customer == "null"
            else {**event, "detail": {k: v for k, v in event["detail"].items() if k != "customer_id"}},
            path=["WhatHappened", "NobodyToTell"],
        )
        for event in (READING_SETTLED, JOB_CHANGED)
        for customer in ("null", "absent")
    ],
    Scenario("an event that nobody knows", input=happened("MeterMelted"), status="FAILED", error="UnknownEvent"),
    Scenario("an empty input", input={}, status="FAILED", error="UnknownEvent"),
    Scenario(
        "the same event twice",
        {"ClaimMessage": step("ALREADY")},
        path=["WhatHappened", "ClaimMessage", "IsItOurs", "Done"],
        output={"outcome": "ALREADY"},
    ),
    Scenario(
        "the recipient does not want it",
        {"ClaimMessage": step("SUPPRESSED")},
        avoids=("SendMessage",),
        output={"outcome": "SUPPRESSED"},
    ),
    Scenario(
        "a retried sending has an attempt of its own",
        {"SendMessage": Each(TransientError("throttled"), Failed("Lambda.TooManyRequestsException"), step("SENT"))},
        retries={"SendMessage": 2},
        also=lambda run: every_attempt_differs([sent["attempt"] for name, sent in run.calls if name == "SendMessage"]),
    ),
    Scenario(
        "the provider refuses",
        {"SendMessage": step("FAILED"), "SettleMessage": step("FAILED")},
        sent={"SettleMessage": {"outcome": "FAILED"}},
        output={"outcome": "FAILED"},
    ),
    Scenario(
        "composing breaks",
        {"ComposeMessage": BrokenInvariant("no template"), "SettleMessage": step("FAILED")},
        avoids=("SendMessage",),
        sent={"SettleMessage": {"notification_id": "n-1", "outcome": "ERROR"}},
        status="FAILED",
        error="MessageNotSent",
        cause="BrokenInvariant",
    ),
    Scenario(
        "sending breaks before anything left",
        {"SendMessage": BrokenInvariant("x"), "SettleMessage": step("FAILED")},
        sent={"SettleMessage": {"outcome": "ERROR"}},
        status="FAILED",
        error="MessageNotSent",
        cause="BrokenInvariant",
    ),
    Scenario(
        "sending breaks after the message left",
        {"SendMessage": Failed("Lambda.Unknown"), "SettleMessage": step("SENT")},
        retries={"SendMessage": 1},
        path=["WhatHappened", *TOLD],
    ),
    Scenario(
        "claiming breaks",
        {"ClaimMessage": BrokenInvariant("x")},
        status="FAILED",
        error="MessageNotClaimed",
        cause="BrokenInvariant",
    ),
    Scenario(
        "settling breaks",
        {"SettleMessage": BrokenInvariant("x")},
        status="FAILED",
        error="MessageNotSettled",
        cause="BrokenInvariant",
    ),
]


def no_customer_in(data: dict[str, Any]) -> None:
    assert "customer_id" not in data


def told_of(data: dict[str, Any], facts: dict[str, str]) -> None:
    assert data == facts


def every_attempt_differs(attempts: list[str]) -> None:
    assert len(attempts) == len(set(attempts)) == 3


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_scenario(scenario: Scenario) -> None:
    check(WORKFLOW, scenario)


def test_every_state_and_way_is_visited() -> None:
    assert unvisited(WORKFLOW.machine, [WORKFLOW.run(scenario) for scenario in SCENARIOS]) == []
