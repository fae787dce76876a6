"""meter_submission, run on fakes: accepted, refused, doubled, without a photo, and with its children broken."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from meterflow.errors import BrokenInvariant, TransientError
from tests.workflow.expressions import Run, unvisited
from tests.workflow.scenarios import Each, Failed, Scenario, Workflow, check

SUBMISSION = {
    "submission_id": "7b0f4f6e-5d55-5d3e-9a3e-1f0c5c3b2a10",
    "meter_id": "WTR-0001",
    "value": "00123.456",
    "taken_at": "2026-11-21T09:00:00+01:00",
    "source": "customer",
    "submitted_by": "00000000-0000-4000-8000-000000000001",
    "photo_key": "uploads/00000000-0000-4000-8000-000000000001/photo.jpg",
}
NORMAL_TIME = "2026-11-21T08:00:00Z"
METER = {"digits": 5, "decimals": 3, "serial_number": "A-17", "previous_value": "00120.000"}


def validated(outcome: str, *reasons: str, meter: Any = METER, **more: Any) -> dict[str, Any]:
    return {"outcome": outcome, "reasons": list(reasons), "taken_at": NORMAL_TIME, "meter": meter} | more


def settled(status: str, quality: str, *reasons: str) -> dict[str, Any]:
    ids = {key: SUBMISSION[key] for key in ("submission_id", "meter_id")}
    return {"outcome": "SETTLED", **ids, "status": status, "quality": quality, "reasons": list(reasons)}


def announced(status: str = "ACCEPTED", quality: str = "valid", *events: str) -> dict[str, Any]:
    return {
        "submission_id": SUBMISSION["submission_id"],
        "status": status,
        "quality": quality,
        "reasons": [],
        "events": list(events or ("ReadingSettled",)),
    }


PHOTO = {"verdict": "MATCH", "reading": "00123.456", "confidence": 0.98, "reasons": []}
SCORE = {"risk_level": "LOW", "score": 0.2, "reason": "usual", "job_requested": False, "degraded": []}
WORKFLOW = Workflow(
    "meter_submission",
    SUBMISSION,
    {
        "ValidateReading": validated("ACCEPT"),
        "RecordReading": {"outcome": "RECORDED", "holder": SUBMISSION["submission_id"]},
        "ValidatePhoto": PHOTO,
        "ScoreAnomaly": SCORE,
        "SettleReading": settled("ACCEPTED", "valid"),
        "AnnounceOutcome": announced(),
    },
)
WHOLE_WAY = [
    "ValidateReading",
    "IsRefused",
    "RecordReading",
    "IsDuplicate",
    "HasPhoto",
    "ValidatePhoto",
    "IsComparable",
    "ScoreAnomaly",
    "SettleReading",
    "AnnounceOutcome",
]


def children_have_names_of_their_own(run: Run) -> None:
    assert len(set(run.names)) == len(run.names)
    assert all(len(name) == len(hashlib.sha256().hexdigest()[:40]) for name in run.names)


SCENARIOS = [
    Scenario(
        "accepted with a photo",
        path=WHOLE_WAY,
        output={"status": "ACCEPTED", "events": ["ReadingSettled"]},
        sent={
            "RecordReading": {**SUBMISSION, "taken_at": NORMAL_TIME},
            "ValidatePhoto": {
                "purpose": "submission",
                "photo_key": SUBMISSION["photo_key"],
                "taken_at": NORMAL_TIME,
                "digits": 5,
                "decimals": 3,
                "serial_number": "A-17",
                "previous_value": "00120.000",
            },
            "ScoreAnomaly": {"value": "00123.456", "taken_at": NORMAL_TIME},
            "SettleReading": {"validation": {"outcome": "ACCEPT"}, "duplicate": False},
            "AnnounceOutcome": {"submission_id": SUBMISSION["submission_id"]},
        },
        retries={},
        also=children_have_names_of_their_own,
    ),
    Scenario(
        "so unusual that somebody is sent: the reading is settled with the job's id",
        {"ScoreAnomaly": {**SCORE, "risk_level": "CRITICAL", "job_requested": True, "job_id": "id-of-job-1"}},
        path=WHOLE_WAY,
        sent={"SettleReading": {"scoring": {"risk_level": "CRITICAL", "job_id": "id-of-job-1"}}},
    ),
    Scenario(
        "refused by the rules",
        {
            "ValidateReading": validated("REJECT", "unknown_meter", meter=None),
            "SettleReading": settled("REJECTED", "raw", "unknown_meter"),
            "AnnounceOutcome": announced("REJECTED", "raw"),
        },
        path=["ValidateReading", "IsRefused", "SettleReading", "AnnounceOutcome"],
        sent={"SettleReading": {"validation": {"outcome": "REJECT", "reasons": ["unknown_meter"]}}},
        output={"status": "REJECTED"},
    ),
    Scenario(
        "a duplicate is refused without a second look",
        {
            "RecordReading": {"outcome": "DUPLICATE", "holder": "another"},
            "SettleReading": settled("REJECTED", "raw", "duplicate"),
        },
        path=[
            "ValidateReading",
            "IsRefused",
            "RecordReading",
            "IsDuplicate",
            "SettleReading",
            "AnnounceOutcome",
        ],
        sent={"SettleReading": {"duplicate": True}},
    ),
    Scenario(
        "no photo",
        input={**SUBMISSION, "photo_key": None},
        avoids=("ValidatePhoto",),
        passes=("ScoreAnomaly",),
    ),
    Scenario(
        "no photo and no key for it",
        input={key: value for key, value in SUBMISSION.items() if key != "photo_key"},
        avoids=("ValidatePhoto",),
    ),
    Scenario(
        "a new meter has no reading before",
        {"ValidateReading": validated("ACCEPT", meter={"digits": 5, "decimals": 3})},
        passes=("ValidatePhoto",),
        sent={"ValidatePhoto": {"previous_value": None, "serial_number": None}},
    ),
    Scenario(
        "a register that went backwards waits for a person and is not scored",
        {"ValidateReading": validated("REVIEW", "decreasing"), "SettleReading": settled("NEEDS_REVIEW", "raw")},
        avoids=("ScoreAnomaly",),
        passes=("ValidatePhoto",),
    ),
    Scenario(
        "a doubt that the photo settles: it is scored, and settlement knows what it is accepted for",
        {
            "ValidateReading": validated(
                "REVIEW",
                "rollover_suspected",
                "one_more_photo",
                photo_decides=True,
                if_photo_matches=["rollover_confirmed"],
                earlier=[{"submission_id": "s-0", "status": "ACCEPTED", "reason": "confirmed_by_next"}],
            )
        },
        path=WHOLE_WAY,
        sent={
            "SettleReading": {
                "validation": {
                    "photo_decides": True,
                    "if_photo_matches": ["rollover_confirmed"],
                    "earlier": [{"submission_id": "s-0", "status": "ACCEPTED", "reason": "confirmed_by_next"}],
                },
                "photo_result": {"verdict": "MATCH"},
            }
        },
    ),
    Scenario(
        "a doubt that the photo would settle, and it shows something else",
        {
            "ValidateReading": validated("REVIEW", "high_use", "one_more_photo", photo_decides=True),
            "ValidatePhoto": {**PHOTO, "verdict": "MISMATCH"},
            "SettleReading": settled("NEEDS_REVIEW", "raw", "high_use", "one_more_photo"),
        },
        avoids=("ScoreAnomaly",),
    ),
    Scenario(
        "a doubt that a photo would settle, and there is none",
        {
            "ValidateReading": validated("REVIEW", "high_use", "one_more_photo", photo_decides=True),
            "SettleReading": settled("NEEDS_REVIEW", "raw", "high_use", "one_more_photo"),
        },
        input={**SUBMISSION, "photo_key": None},
        avoids=("ScoreAnomaly", "ValidatePhoto"),
    ),
    Scenario(
        "a value in another unit: photo and score are about what the register shows, the row about what was sent",
        {"ValidateReading": validated("ACCEPT", "unit_converted", value="00123.456")},
        input={**SUBMISSION, "value": "123456", "unit": "l"},
        path=WHOLE_WAY,
        sent={
            "RecordReading": {"value": "123456", "unit": "l"},
            "ValidatePhoto": {"value": "00123.456"},
            "ScoreAnomaly": {"value": "00123.456"},
            "SettleReading": {"value": "123456", "unit": "l", "validation": {"value": "00123.456"}},
        },
    ),
    Scenario(
        "an estimate",
        {"SettleReading": settled("ACCEPTED", "estimated")},
        input={
            **{key: value for key, value in SUBMISSION.items() if key != "photo_key"},
            "source": "estimate",
            "estimate": {"rule": "own_profile", "low": "00120.000", "high": "00126.000", "coverage": "0.90"},
        },
        avoids=("ValidatePhoto",),
        sent={"RecordReading": {"estimate": {"rule": "own_profile", "low": "00120.000"}}},
    ),
    Scenario(
        "a photo that says something else",
        {
            "ValidatePhoto": {
                "verdict": "MISMATCH",
                "reading": "00124.456",
                "confidence": 0.97,
                "reasons": ["differs"],
            },
            "SettleReading": settled("NEEDS_REVIEW", "raw", "photo_mismatch"),
        },
        sent={"SettleReading": {"photo_result": {"verdict": "MISMATCH", "reading": "00124.456"}}},
    ),
    Scenario(
        "the photo's check is down",
        {"ValidatePhoto": Failed("States.TaskFailed")},
        path=WHOLE_WAY,
        sent={"SettleReading": {"photo_result": {"verdict": "UNREADABLE", "reasons": ["photo_check_unavailable"]}}},
    ),
    Scenario(
        "starting the photo's check is throttled",
        {"ValidatePhoto": Each(Failed("StepFunctions.AWSStepFunctionsException"), PHOTO)},
        path=WHOLE_WAY,
        also=children_have_names_of_their_own,
    ),
    Scenario(
        "scoring is down",
        {"ScoreAnomaly": Failed("States.Timeout")},
        path=WHOLE_WAY,
        sent={"SettleReading": {"scoring": {"unavailable": True}}},
    ),
    Scenario(
        "an outage passes",
        {"RecordReading": Each(TransientError("throttled"), {"outcome": "RECORDED", "holder": "x"})},
        path=WHOLE_WAY,
        retries={"RecordReading": 1},
    ),
    *[
        Scenario(f"{step} is broken", {step: BrokenInvariant("x")}, status="FAILED", error=error, retries={})
        for step, error in (
            ("ValidateReading", "ReadingNotValidated"),
            ("RecordReading", "ReadingNotRecorded"),
            ("SettleReading", "ReadingNotSettled"),
            ("AnnounceOutcome", "OutcomeNotAnnounced"),
        )
    ],
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_scenario(scenario: Scenario) -> None:
    check(WORKFLOW, scenario)


def test_every_state_and_way_is_visited() -> None:
    assert unvisited(WORKFLOW.machine, [WORKFLOW.run(scenario) for scenario in SCENARIOS]) == []


def test_a_redriven_execution_names_its_children_anew() -> None:
    first = WORKFLOW.run(Scenario("one"))
    assert WORKFLOW.run(Scenario("one")).names == first.names
    again = WORKFLOW.run(Scenario("one"), context={"Execution": {"RedriveCount": 1}})
    assert not set(again.names) & set(first.names)
