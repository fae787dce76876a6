"""Which way image_validation takes for which input, by its own expressions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonata
import pytest

from tests.workflow import asl

MACHINE = asl.load(asl.FOLDER / "image_validation.asl.json")
EVENTS = asl.ROOT / "events/image_validation"
FOREIGN = asl.ROOT.parent / "shared/data/aws-events"


def evaluate(text: Any, entry: Any) -> Any:
    """The value of a field of the machine for the input `entry`."""
    if isinstance(text, dict):
        return {name: evaluate(part, entry) for name, part in text.items()}
    code = asl.expression(text) if isinstance(text, str) else None
    if code is None:
        return text
    expression = jsonata.Jsonata.jsonata(code)
    frame = expression.create_frame()
    frame.bind("states", {"input": entry})
    return expression.evaluate(None, frame)


def way(entry: Any) -> tuple[str, dict[str, Any]]:
    """The state that follows ChooseEntry and what is assigned on the way."""
    state = MACHINE["States"]["ChooseEntry"]
    for rule in state["Choices"]:
        taken = evaluate(rule["Condition"], entry)
        assert isinstance(taken, bool), "AWS fails an execution whose condition is no boolean"
        if taken:
            return rule["Next"], evaluate(rule["Assign"], entry)
    return state["Default"], {}


def sample(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text())


def test_a_submission() -> None:
    entry = sample("workflow")
    following, assigned = way(entry)
    assert following == "ClaimPhoto"
    assert (assigned["entry"], assigned["photo_key"], assigned["version"]) == ("submission", entry["photo_key"], None)
    assert assigned["submission"] == entry


def test_a_review() -> None:
    entry = sample("workflow_review")
    following, assigned = way(entry)
    assert (following, assigned["review"], assigned["escalated"]) == ("RequestReview", entry["detail"], False)


def test_an_upload_with_and_without_its_version() -> None:
    entry = sample("workflow_upload")
    following, assigned = way(entry)
    version = entry["detail"]["object"].pop("version-id")
    assert (following, assigned["entry"], assigned["version"]) == ("ClaimPhoto", "upload", version)
    assert way(entry)[1]["version"] is None


@pytest.mark.parametrize("entry", [{}, {"purpose": "x"}, {"detail": {}}, {"detail": {"object": {}}}, [], "text", None])
def test_anything_else_has_a_named_end(entry: Any) -> None:
    assert way(entry)[0] == "UnknownEntry"


def is_s3_created(event: Any) -> bool:
    return isinstance(event, dict) and event.get("source") == "aws.s3" and event["detail-type"].startswith("Object")


@pytest.mark.skipif(not FOREIGN.exists(), reason="no sample events here")
def test_other_services_events_are_refused() -> None:
    files: list[Path] = sorted(FOREIGN.glob("*/*.json"))
    assert len(files) > 90
    for path in files:
        entry = json.loads(path.read_text())
        if not is_s3_created(entry):
            assert way(entry)[0] == "UnknownEntry", path.name


LEAST = {"claim": "BUSY", "entry": "submission", "waits": 0, "stored": "STORED", "escalated": False}


def choose(name: str, **variables: Any) -> str:
    """Where the Choice `name` leads with these variables."""
    for rule in MACHINE["States"][name]["Choices"]:
        expression = jsonata.Jsonata.jsonata(asl.expression(rule["Condition"]))
        frame = expression.create_frame()
        for variable, value in {**LEAST, **variables}.items():
            frame.bind(variable, value)
        if expression.evaluate(None, frame) is True:
            return str(rule["Next"])
    return str(MACHINE["States"][name]["Default"])


@pytest.mark.parametrize(
    ("claim", "entry", "waits", "following"),
    [
        ("CLAIMED", "upload", 0, "CheckPhoto"),
        ("CLAIMED", "submission", 34, "CheckPhoto"),
        ("DONE", "submission", 0, "CompareReading"),
        ("DONE", "upload", 0, "PhotoHandled"),
        ("BUSY", "upload", 0, "PhotoHandled"),
        ("BUSY", "submission", 34, "WaitForOther"),
        ("BUSY", "submission", 35, "GiveUpPhoto"),
        ("MISSING", "submission", 0, "CompareReading"),
        ("MISSING", "upload", 0, "PhotoHandled"),
    ],
)
def test_after_the_claim(claim: str, entry: str, waits: int, following: str) -> None:
    assert choose("IsPhotoClaimed", claim=claim, entry=entry, waits=waits) == following


def test_the_waits_outlast_the_lease() -> None:
    from meterflow.adapters.validation_results import LEASE

    assert 35 * MACHINE["States"]["WaitForOther"]["Seconds"] > LEASE.total_seconds()


@pytest.mark.parametrize(
    ("name", "variables", "following"),
    [
        ("IsResultStored", {"stored": "STORED"}, "CompareReading"),
        ("IsResultStored", {"stored": "STORED", "entry": "upload"}, "PhotoHandled"),
        ("IsResultStored", {"stored": "TAKEN_OVER"}, "WaitForOther"),
        ("IsResultStored", {"stored": "TAKEN_OVER", "waits": 35}, "GiveUpPhoto"),
        ("IsAnybodyWaiting", {"entry": "submission"}, "GiveUpPhoto"),
        ("IsAnybodyWaiting", {"entry": "upload"}, "PhotoNotRead"),
        ("IsReviewEscalated", {"escalated": False, "silences": 1}, "EscalateReview"),
        ("IsReviewEscalated", {"escalated": True, "silences": 5}, "CloseReview"),
        ("IsReviewEscalated", {"escalated": True, "silences": 6}, "ReviewGoesRound"),
        ("IsReviewDecided", {"decision": "DECIDED"}, "ApplyCorrection"),
        ("IsReviewDecided", {"decision": "ALREADY_OPEN"}, "ReviewAlreadyOpen"),
        ("IsReviewDecided", {"decision": "SECOND_OPINION"}, "RequestReview"),
        ("IsReviewDecided", {"decision": "DISAGREED"}, "EscalateReview"),
        ("IsReviewClosed", {"decision": "DECIDED"}, "IsReviewDecided"),
        ("IsReviewClosed", {"decision": "SECOND_OPINION"}, "IsReviewDecided"),
        ("IsReviewClosed", {"decision": "EXPIRED"}, "AnnounceDecision"),
        ("IsReviewClosed", {"decision": "KEPT"}, "ReviewFinished"),
        ("IsDecisionNews", {"applied": "EDITED"}, "AnnounceDecision"),
        ("IsDecisionNews", {"applied": "UNCHANGED"}, "ReviewFinished"),
        ("IsPhotoRead", {"photo_state": "READ"}, "StorePhotoResult"),
        ("IsPhotoRead", {"photo_state": "BUSY"}, "WaitForOther"),
        ("IsPhotoRead", {"photo_state": "BUSY", "waits": 35}, "IsAnybodyWaiting"),
        ("IsPhotoUsable", {"photo_state": "USABLE"}, "ReadPhoto"),
        ("IsPhotoUsable", {"photo_state": "UNUSABLE"}, "StorePhotoResult"),
    ],
)
def test_other_choices(name: str, variables: dict[str, Any], following: str) -> None:
    assert choose(name, **variables) == following
