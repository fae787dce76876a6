"""image_validation, run on fakes: the upload, the submission and the review, alone, together and broken."""

from __future__ import annotations

from typing import Any

import pytest

from meterflow.errors import BrokenInvariant, TransientError
from tests.workflow.expressions import Run, timed_out, unvisited
from tests.workflow.scenarios import Each, Failed, Scenario, Workflow, check

KEY = "uploads/00000000-0000-4000-8000-000000000001/photo.jpg"
SUBMISSION = {
    "purpose": "submission",
    "submission_id": "7b0f4f6e-5d55-5d3e-9a3e-1f0c5c3b2a10",
    "meter_id": "WTR-0001",
    "photo_key": KEY,
    "value": "00123.456",
    "taken_at": "2026-11-21T08:00:00Z",
    "digits": 5,
    "decimals": 3,
    "serial_number": None,
    "previous_value": "00120.000",
}
REVIEW = {
    "purpose": "review",
    "submission_id": SUBMISSION["submission_id"],
    "meter_id": "WTR-0001",
    "customer_id": "00000000-0000-4000-8000-000000000001",
    "photo_key": KEY,
    "photo_id": "photo#1",
    "value": "00123.456",
    "taken_at": "2026-11-21T08:00:00Z",
    "verdict": "MISMATCH",
    "reading": "00124.456",
    "reasons": ["differs"],
}


def uploaded(**changed: Any) -> dict[str, Any]:
    """S3's event as EventBridge hands it to the machine."""
    s3_object = {"key": KEY, "size": 1, "version-id": "v1", **changed}
    return {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "detail": {"bucket": {"name": "uploads"}, "object": {k: v for k, v in s3_object.items() if v is not None}},
    }


def asked(**changed: Any) -> dict[str, Any]:
    """The event ReviewRequested."""
    return {"source": "meterflow", "detail-type": "ReviewRequested", "detail": {**REVIEW, **changed}}


def claim(outcome: str, *reasons: str) -> dict[str, Any]:
    there = None if outcome == "MISSING" else "photo#1"
    return {"outcome": outcome, "photo_id": there, "version": "v1" if there else None, "reasons": list(reasons)}


COMPARISON = {"verdict": "MATCH", "reading": "00123.456", "confidence": 0.98, "reasons": [], "photo_id": "photo#1"}
REUSED = {
    **COMPARISON,
    "verdict": "MISMATCH",
    "reasons": ["photo_reused"],
    "first_use": {"submission_id": "s-0", "meter_id": "WTR-0002", "photo_id": "photo#0"},
}
WORKFLOW = Workflow(
    "image_validation",
    SUBMISSION,
    {
        "ClaimPhoto": claim("CLAIMED"),
        "CheckPhoto": {
            "outcome": "USABLE",
            "kept_key": "kept/1.jpg",
            "aspect": 1.5,
            "content_hash": "c0ffee",
            "reasons": [],
        },
        "ReadPhoto": {"outcome": "READ", "words": 12, "reasons": []},
        "StorePhotoResult": {"outcome": "STORED"},
        "CompareReading": COMPARISON,
        "TracePhoto": lambda payload: {"outcome": "FIRST", "comparison": payload["comparison"]},
        "StoreVerdict": {"outcome": "STORED"},
        "RequestReview": {"decision": "DECIDED"},
        "EscalateReview": {"outcome": "ESCALATED", "event_id": "e-1"},
        "ApplyCorrection": {"outcome": "EDITED", "settled": "SETTLED"},
        "CountDecision": {"outcome": "COUNTED"},
        "CloseReview": {"outcome": "EXPIRED"},
        "AnnounceDecision": {"outcome": "ANNOUNCED", "event_id": "e-2"},
    },
)
READ = [
    "ClaimPhoto",
    "IsPhotoClaimed",
    "CheckPhoto",
    "IsPhotoUsable",
    "ReadPhoto",
    "IsPhotoRead",
    "StorePhotoResult",
    "IsResultStored",
]
JUDGED = ["CompareReading", "TracePhoto", "StoreVerdict", "VerdictReached"]
DECIDED = ["ApplyCorrection", "CountDecision", "IsDecisionNews", "AnnounceDecision", "ReviewFinished"]
UNAVAILABLE = {"verdict": "UNREADABLE", "reading": None, "reasons": ["photo_check_unavailable"]}


def no_more_than_its_lease(run: Run) -> None:
    assert sum(run.waited) == 70


PHOTO = [
    Scenario(
        "a submission reads its photo",
        path=["ChooseEntry", *READ, *JUDGED],
        output=COMPARISON,
        sent={
            "ClaimPhoto": {"photo_key": KEY, "version": None, "holder": "a-submission-reads-its-photo"},
            "CheckPhoto": {
                "photo_key": KEY,
                "version": "v1",
                "photo_id": "photo#1",
                "holder": "a-submission-reads-its-photo",
            },
            "ReadPhoto": {"photo_id": "photo#1", "kept_key": "kept/1.jpg", "aspect": 1.5, "content_hash": "c0ffee"},
            "StorePhotoResult": {"photo_state": "READ", "kept_key": "kept/1.jpg"},
            "CompareReading": {"digits": 5, "decimals": 3, "photo_id": "photo#1", "previous_value": "00120.000"},
            "TracePhoto": {"meter_id": "WTR-0001", "value": "00123.456", "taken_at": "2026-11-21T08:00:00Z"},
            "StoreVerdict": {"comparison": COMPARISON},
        },
        retries={},
    ),
    Scenario(
        "the photo was used for another reading",
        {"TracePhoto": {"outcome": "REUSED", "comparison": REUSED}},
        passes=("StoreVerdict", "VerdictReached"),
        sent={"TracePhoto": {"comparison": COMPARISON}, "StoreVerdict": {"comparison": REUSED}},
        output=REUSED,
    ),
    Scenario(
        "an equal photo is being read",
        {"ReadPhoto": Each({"outcome": "BUSY"}, {"outcome": "READ", "words": 3})},
        path=["ChooseEntry", *READ[:6], "WaitForOther", *READ, *JUDGED],
        output={"verdict": "MATCH"},
    ),
    Scenario(
        "an equal photo is being read for ever",
        {"ReadPhoto": {"outcome": "BUSY"}},
        passes=("IsPhotoRead", "GiveUpPhoto"),
        output=UNAVAILABLE,
        also=no_more_than_its_lease,
    ),
    Scenario(
        "an equal photo is being read for ever and nobody waits",
        {"ReadPhoto": {"outcome": "BUSY"}},
        input=uploaded(),
        status="FAILED",
        error="PhotoNotRead",
    ),
    Scenario(
        "an upload is read and judged by nobody",
        input=uploaded(),
        path=["ChooseEntry", *READ, "PhotoHandled"],
        sent={"ClaimPhoto": {"photo_key": KEY, "version": "v1"}},
    ),
    Scenario(
        "an upload to a bucket without versions",
        input=uploaded(**{"version-id": None}),
        passes=("PhotoHandled",),
        sent={"ClaimPhoto": {"version": None}},
    ),
    Scenario("the upload was read before", {"ClaimPhoto": claim("DONE")}, path=["ChooseEntry", *READ[:2], *JUDGED]),
    Scenario(
        "the same upload twice",
        {"ClaimPhoto": claim("DONE")},
        input=uploaded(),
        path=["ChooseEntry", "ClaimPhoto", "IsPhotoClaimed", "PhotoHandled"],
    ),
    Scenario(
        "upload and submission at once",
        {"ClaimPhoto": Each(claim("BUSY"), claim("BUSY"), claim("DONE"))},
        path=["ChooseEntry", *["ClaimPhoto", "IsPhotoClaimed", "WaitForOther"] * 2, *READ[:2], *JUDGED],
        output={"verdict": "MATCH"},
    ),
    Scenario(
        "an upload does not wait for another", {"ClaimPhoto": claim("BUSY")}, input=uploaded(), avoids=("WaitForOther",)
    ),
    Scenario(
        "the other never ends",
        {"ClaimPhoto": claim("BUSY")},
        passes=("GiveUpPhoto", "VerdictReached"),
        output=UNAVAILABLE,
        also=no_more_than_its_lease,
    ),
    Scenario(
        "the other died and its lease is taken over",
        {"ClaimPhoto": Each(*[claim("BUSY")] * 34, claim("CLAIMED"))},
        passes=("ReadPhoto", "VerdictReached"),
        output={"verdict": "MATCH"},
    ),
    Scenario(
        "no such photo",
        {
            "ClaimPhoto": claim("MISSING", "photo_missing"),
            "CompareReading": {"verdict": "UNREADABLE", "reasons": ["photo_missing"]},
        },
        avoids=("CheckPhoto",),
        sent={"CompareReading": {"photo_id": None, "reasons": ["photo_missing"]}},
        output={"verdict": "UNREADABLE", "reasons": ["photo_missing"]},
    ),
    Scenario(
        "a file that is no photo",
        {
            "CheckPhoto": {"outcome": "UNUSABLE", "reasons": ["not_an_image"]},
            "CompareReading": {"verdict": "UNREADABLE", "reasons": ["not_an_image"], "photo_id": "photo#1"},
        },
        avoids=("ReadPhoto",),
        sent={"StorePhotoResult": {"photo_state": "UNUSABLE", "kept_key": None, "reasons": ["not_an_image"]}},
        output={"verdict": "UNREADABLE"},
    ),
    Scenario(
        "a photo without figures",
        {"ReadPhoto": {"outcome": "UNREADABLE", "reasons": ["no_figures"]}},
        sent={"StorePhotoResult": {"photo_state": "UNREADABLE", "reasons": ["no_figures"]}},
    ),
    Scenario(
        "another took the photo over meanwhile",
        {
            "StorePhotoResult": {"outcome": "TAKEN_OVER"},
            "ClaimPhoto": Each(claim("CLAIMED"), claim("BUSY"), claim("DONE")),
        },
        passes=("WaitForOther", "CompareReading"),
        output={"verdict": "MATCH"},
    ),
    Scenario(
        "taken over again and again",
        {"StorePhotoResult": {"outcome": "TAKEN_OVER"}},
        passes=("GiveUpPhoto",),
        output=UNAVAILABLE,
    ),
    *[
        Scenario(f"{step} is broken, a submission waits", {step: BrokenInvariant("x")}, output=UNAVAILABLE, retries={})
        for step in ("ClaimPhoto", "CheckPhoto", "ReadPhoto", "StorePhotoResult", "CompareReading", "TracePhoto")
    ],
    *[
        Scenario(
            f"{step} is broken, nobody waits",
            {step: BrokenInvariant("x")},
            input=uploaded(),
            status="FAILED",
            error="PhotoNotRead",
        )
        for step in ("ClaimPhoto", "ReadPhoto")
    ],
    Scenario(
        "the reader is throttled and then answers",
        {"ReadPhoto": Each(TransientError("ThrottlingException"), {"outcome": "READ", "words": 3, "reasons": []})},
        retries={"ReadPhoto": 1},
        output={"verdict": "MATCH"},
    ),
    Scenario("the reader stays down", {"ReadPhoto": TransientError("x")}, output=UNAVAILABLE, retries={"ReadPhoto": 5}),
    Scenario("the verdict is lost", {"StoreVerdict": BrokenInvariant("x")}, status="FAILED", error="VerdictNotStored"),
    Scenario("nothing known", input={"purpose": "party"}, status="FAILED", error="UnknownEntry"),
]

WAITS = ["RequestReview", "IsReviewEscalated"]
REVIEWS = [
    Scenario(
        "a reviewer decides",
        input=asked(),
        path=["ChooseEntry", "RequestReview", "IsReviewDecided", *DECIDED],
        sent={
            "RequestReview": {
                "submission_id": REVIEW["submission_id"],
                "task_token": "token-of-RequestReview",
                "deadline_seconds": 86400,
                "escalated": False,
                "stage": "FIRST",
            },
            "ApplyCorrection": {"submission_id": REVIEW["submission_id"], "value": "00123.456"},
        },
    ),
    Scenario(
        "the event came twice",
        {"RequestReview": {"decision": "ALREADY_OPEN"}},
        input=asked(),
        path=["ChooseEntry", "RequestReview", "IsReviewDecided", "ReviewAlreadyOpen"],
    ),
    Scenario(
        "nobody looks, the operators are told, then somebody decides",
        {"RequestReview": Each(timed_out(), {"decision": "DECIDED"})},
        input=asked(),
        path=["ChooseEntry", *WAITS, "EscalateReview", "RequestReview", "IsReviewDecided", *DECIDED],
        sent={"RequestReview": {"escalated": True}, "EscalateReview": {"meter_id": "WTR-0001"}},
    ),
    Scenario(
        "nobody ever looks",
        {"RequestReview": timed_out()},
        input=asked(),
        path=[
            "ChooseEntry",
            *WAITS,
            "EscalateReview",
            *WAITS,
            "CloseReview",
            "IsReviewClosed",
            "AnnounceDecision",
            "ReviewFinished",
        ],
        retries={},
    ),
    Scenario(
        "a decision in the last moment",
        {"RequestReview": timed_out(), "CloseReview": {"outcome": "DECIDED"}},
        input=asked(),
        passes=("IsReviewClosed", "ApplyCorrection"),
    ),
    Scenario(
        "two people agree",
        {"RequestReview": Each({"decision": "SECOND_OPINION"}, {"decision": "DECIDED"})},
        input=asked(),
        path=["ChooseEntry", *["RequestReview", "IsReviewDecided"] * 2, *DECIDED],
        sent={"RequestReview": {"stage": "SECOND", "escalated": False}},
    ),
    Scenario(
        "two people disagree and an operator decides",
        {
            "RequestReview": Each(
                {"decision": "SECOND_OPINION"}, timed_out(), {"decision": "DISAGREED"}, {"decision": "DECIDED"}
            )
        },
        input=asked(),
        path=[
            "ChooseEntry",
            *["RequestReview", "IsReviewDecided"],
            *[*WAITS, "EscalateReview", "RequestReview", "IsReviewDecided"],
            *["EscalateReview", "RequestReview", "IsReviewDecided"],
            *DECIDED,
        ],
        sent={"EscalateReview": {"stage": "LEAD"}, "RequestReview": {"stage": "LEAD", "escalated": True}},
    ),
    Scenario(
        "nobody decides between two who disagree",
        {
            "RequestReview": Each({"decision": "SECOND_OPINION"}, {"decision": "DISAGREED"}, timed_out()),
            "CloseReview": {"outcome": "EXPIRED"},
        },
        input=asked(),
        passes=("CloseReview", "AnnounceDecision"),
        sent={"CloseReview": {"stage": "LEAD"}},
        avoids=("ApplyCorrection",),
    ),
    Scenario(
        "a first opinion in the last moment goes on to the second person",
        {
            "RequestReview": Each(timed_out(), timed_out(), {"decision": "DECIDED"}),
            "CloseReview": {"outcome": "SECOND_OPINION"},
        },
        input=asked(),
        passes=("ApplyCorrection",),
        sent={"CloseReview": {"stage": "FIRST"}, "RequestReview": {"stage": "SECOND", "escalated": False}},
    ),
    Scenario(
        "closing never ends",
        {"RequestReview": timed_out(), "CloseReview": {"outcome": "SECOND_OPINION"}},
        input=asked(),
        status="FAILED",
        error="ReviewGoesRound",
    ),
    Scenario(
        "an audit finds the value right",
        {"ApplyCorrection": {"outcome": "UNCHANGED", "settled": "ALREADY"}},
        input=asked(audit=True),
        path=["ChooseEntry", "RequestReview", "IsReviewDecided", *DECIDED[:3], "ReviewFinished"],
        sent={"RequestReview": {"audit": True}, "ApplyCorrection": {"audit": True}},
    ),
    Scenario("an audit edits the reading", input=asked(audit=True), passes=("AnnounceDecision",)),
    Scenario(
        "an audit comes too late",
        {"ApplyCorrection": {"outcome": "SUPERSEDED", "settled": "ALREADY"}},
        input=asked(audit=True),
        avoids=("AnnounceDecision",),
    ),
    Scenario(
        "nobody looks at an audit",
        {"RequestReview": timed_out(), "CloseReview": {"outcome": "KEPT"}},
        input=asked(audit=True),
        passes=("EscalateReview", "CloseReview", "ReviewFinished"),
        avoids=("AnnounceDecision", "ApplyCorrection"),
        sent={"CloseReview": {"audit": True}},
    ),
    Scenario(
        "the counts break and the customer hears all the same",
        {"CountDecision": BrokenInvariant("no meter")},
        input=asked(),
        path=["ChooseEntry", "RequestReview", "IsReviewDecided", *DECIDED],
    ),
    Scenario(
        "the operators cannot be told",
        {"RequestReview": Each(timed_out(), {"decision": "DECIDED"}), "EscalateReview": TransientError("bus")},
        input=asked(),
        passes=("ApplyCorrection",),
        sent={"RequestReview": {"escalated": True}},
        retries={"EscalateReview": 5},
    ),
    *[
        Scenario(
            f"{step} is broken",
            {"RequestReview": timed_out() if step == "CloseReview" else {"decision": "DECIDED"}}
            | {step: Failed("Lambda.Unknown")},
            input=asked(),
            status="FAILED",
            error=error,
            retries={step: 1},
        )
        for step, error in (
            ("RequestReview", "ReviewNotOpened"),
            ("ApplyCorrection", "CorrectionNotApplied"),
            ("CloseReview", "ReviewNotClosed"),
            ("AnnounceDecision", "DecisionNotAnnounced"),
        )
    ],
]
SCENARIOS = PHOTO + REVIEWS


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_scenario(scenario: Scenario) -> None:
    check(WORKFLOW, scenario)


def test_every_state_and_way_is_visited() -> None:
    assert unvisited(WORKFLOW.machine, [WORKFLOW.run(scenario) for scenario in SCENARIOS]) == []
