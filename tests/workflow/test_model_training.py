"""model_training, run on fakes: promoted, refused, taken back, overtaken, too large, and every way to break."""

from __future__ import annotations

from typing import Any

import pytest

from meterflow.errors import BrokenInvariant, TransientError
from tests.workflow.expressions import unvisited
from tests.workflow.scenarios import Each, Failed, Scenario, Workflow, check

REQUEST = {"kind": "leak", "cut": "2026-11-21T00:00:00Z", "cause": "drift"}
PLAN = {
    "seed": 7,
    "rows": 20000,
    "trials": 4,
    "budget_seconds": 120,
    "share": 0.1,
    "canary_seconds": 3600,
    "check_seconds": 900,
}
DATA = {
    "dataset_key": "training/leak/2026-11-21/00.json",
    "dataset_sha256": "00",
    "generated": 20000,
    "examples": 12,
    "held_out": 3,
    "source": "12 live rows",
    "trainer": "LAMBDA",
}
VERSION = "2026-11-21-01234567"
TRAINED = {"outcome": "TRAINED", "version": VERSION, "sha256": "01", "trials": 4, "seconds": 61.5}
EVALUATION = {
    "current": "shipped",
    "scores_key": "models/leak/v/scores.json",
    "current_scores_key": "models/leak/v/scores-of-shipped.json",
    "frozen_sha256": "02",
    "frozen_rows": 3000,
    "live_rows": 3,
}
PASSED, REFUSED = {"outcome": "PASSED"}, {"outcome": "FAILED", "reasons": ["leak: auc is 0.500"]}
CANARY = {"outcome": "STARTED", "started_at": "2026-11-21T01:00:00Z", "until": "2026-11-21T02:00:00Z", "share": 0.1}


def seen(outcome: str, *reasons: str) -> dict[str, Any]:
    return {"outcome": outcome, "reasons": list(reasons), "canary_rows": 100, "current_rows": 900}


def registered(outcome: str, *reasons: str) -> dict[str, Any]:
    return {"outcome": outcome, "version": VERSION, "card_key": "models/leak/v/card.md", "reasons": list(reasons)}


def job(outcome: str, **more: Any) -> dict[str, Any]:
    return {"outcome": outcome, **more}


WORKFLOW = Workflow(
    "model_training",
    REQUEST,
    {
        "ClaimTraining": {"outcome": "CLAIMED", "training_id": "training#leak", "plan": PLAN},
        "PrepareData": DATA,
        "TrainModel": TRAINED,
        "StartTrainingJob": {"job": "meterflow-leak-1"},
        "CheckTrainingJob": job("TRAINED", version=VERSION, sha256="01", trials=4, seconds=600.0),
        "EvaluateModel": EVALUATION,
        "JudgeModel": PASSED,
        "RegisterModel": registered("CANDIDATE"),
        "StartCanary": CANARY,
        "WatchCanary": seen("PROMOTE", "100 rows"),
        "PromoteModel": {"outcome": "CURRENT", "version": VERSION},
        "RollBackModel": {"outcome": "REJECTED", "version": VERSION},
        "AnnounceModel": lambda sent: {"event_id": "e-1", "state": sent["state"]},
    },
)
PREPARED = ["ClaimTraining", "IsTrainingOurs", "PrepareData", "WhoTrains"]
JUDGED = ["EvaluateModel", "JudgeModel", "IsMoreDataWorthIt"]
ON_TRIAL = ["RegisterModel", "IsItACandidate", "StartCanary", "IsItOnTrial"]
LOOKED = ["WaitForScores", "WatchCanary", "HowDoesItDo"]
TOLD = ["AnnounceModel", "DidItBreak"]
LARGE = {"PrepareData": {**DATA, "trainer": "SAGEMAKER"}}

SCENARIOS = [
    Scenario(
        "better, tried and promoted",
        {"WatchCanary": Each(seen("WATCHING"), seen("PROMOTE", "100 rows"))},
        path=[
            *PREPARED,
            "TrainModel",
            *JUDGED,
            *ON_TRIAL,
            *LOOKED,
            *LOOKED,
            "PromoteModel",
            "WasItPromoted",
            *TOLD,
            "TrainingEnded",
        ],
        output={"state": "current", "version": VERSION, "reasons": ["100 rows"]},
        sent={
            "ClaimTraining": {**REQUEST, "holder": "better,-tried-and-promoted"},
            "TrainModel": {"plan": PLAN, "data": DATA},
            "RegisterModel": {"judgement": {"outcome": "PASSED"}, "seed": 7, "evaluation": {"frozen_sha256": "02"}},
            "WatchCanary": {"started_at": CANARY["started_at"], "until": CANARY["until"]},
            "AnnounceModel": {"state": "current", "version": VERSION},
        },
        retries={},
        also=lambda run: assert_waited(run, [900, 900]),
    ),
    Scenario(
        "worse on live meters: taken back at once",
        {"WatchCanary": seen("ROLL_BACK", "leak: says yes to 40.0% of the rows")},
        avoids=("PromoteModel",),
        sent={"RollBackModel": {"version": VERSION, "reasons": ["leak: says yes to 40.0% of the rows"]}},
        output={"state": "rejected", "reasons": ["leak: says yes to 40.0% of the rows"]},
    ),
    Scenario(
        "refused by the gate: once more with more data, then kept as refused",
        {"JudgeModel": REFUSED, "RegisterModel": registered("REJECTED", "leak: auc is 0.500")},
        path=[
            *PREPARED,
            "TrainModel",
            *JUDGED,
            "PrepareData",
            "WhoTrains",
            "TrainModel",
            *JUDGED,
            "RegisterModel",
            "IsItACandidate",
            *TOLD,
            "TrainingEnded",
        ],
        sent={"PrepareData": {"attempt": 2}, "RegisterModel": {"judgement": REFUSED}},
        output={"state": "rejected", "reasons": ["leak: auc is 0.500"]},
    ),
    Scenario(
        "more data make it good",
        {"JudgeModel": Each(REFUSED, PASSED)},
        passes=("PromoteModel",),
        sent={"PrepareData": {"attempt": 2}},
    ),
    Scenario(
        "the same request twice",
        {"ClaimTraining": {"outcome": "TAKEN", "training_id": "t", "plan": PLAN}},
        path=["ClaimTraining", "IsTrainingOurs", "TrainingTaken"],
        output={"state": "taken"},
    ),
    Scenario(
        "another version is on trial",
        {"ClaimTraining": {"outcome": "BUSY", "training_id": "t", "plan": PLAN}},
        avoids=("PrepareData",),
        sent={"AnnounceModel": {"state": "busy", "version": None}},
        output={"state": "busy"},
        also=lambda run: assert_not_failed(run),
    ),
    Scenario("the same models again", {"RegisterModel": registered("SAME")}, output={"state": "same"}),
    Scenario(
        "somebody tries another version in the same moment",
        {"StartCanary": {**CANARY, "outcome": "BUSY"}},
        avoids=("WatchCanary",),
        output={"state": "candidate"},
    ),
    Scenario(
        "a person decides during the trial", {"WatchCanary": seen("OVERTAKEN", "x")}, output={"state": "overtaken"}
    ),
    Scenario(
        "a person rejects it in the moment of its promotion",
        {"PromoteModel": {"outcome": "OVERTAKEN", "version": VERSION}},
        output={"state": "overtaken"},
    ),
    Scenario(
        "a person promotes it in the moment of its end",
        {"WatchCanary": seen("ROLL_BACK", "x"), "RollBackModel": {"outcome": "OVERTAKEN", "version": VERSION}},
        output={"state": "overtaken"},
    ),
    Scenario(
        "too large for a Lambda",
        {
            **LARGE,
            "CheckTrainingJob": Each(
                job("RUNNING"), job("TRAINED", version=VERSION, sha256="01", trials=4, seconds=6.0)
            ),
        },
        passes=("EvaluateModel", "PromoteModel"),
        avoids=("TrainModel",),
        sent={
            "StartTrainingJob": {"attempt": 1, "holder": "too-large-for-a-Lambda"},
            "EvaluateModel": {"version": VERSION},
        },
        also=lambda run: assert_waited(run, [150, 150, 900]),
    ),
    Scenario(
        "the job fails",
        {**LARGE, "CheckTrainingJob": job("FAILED", cause="no capacity")},
        sent={"AnnounceModel": {"state": "failed", "reasons": ["the training job failed: no capacity"]}},
        status="FAILED",
        error="TrainingFailed",
        cause="the training job failed",
    ),
    Scenario(
        "the job never ends",
        {**LARGE, "CheckTrainingJob": job("RUNNING")},
        status="FAILED",
        error="TrainingFailed",
        cause="did not end",
    ),
    Scenario(
        "an outage passes",
        {"PrepareData": Each(TransientError("throttled"), Failed("Lambda.TooManyRequestsException"), DATA)},
        passes=("PromoteModel",),
        retries={"PrepareData": 2},
    ),
    *[
        Scenario(
            f"{step} is broken: nothing is live yet",
            {**(LARGE if "Job" in step else {}), step: BrokenInvariant("x")},
            avoids=("RollBackModel", "StartCanary"),
            sent={"AnnounceModel": {"state": "failed", "reasons": [f"{step}: BrokenInvariant"]}},
            retries={},
            status="FAILED",
            error="TrainingFailed",
            cause=f"{step}: BrokenInvariant",
        )
        for step in (
            "ClaimTraining",
            "PrepareData",
            "TrainModel",
            "StartTrainingJob",
            "CheckTrainingJob",
            "EvaluateModel",
            "JudgeModel",
            "RegisterModel",
        )
    ],
    *[
        Scenario(
            f"{step} is broken: the version is taken back first",
            {step: BrokenInvariant("x")},
            passes=("RollBackModel",),
            sent={
                "RollBackModel": {"version": VERSION, "reasons": [f"{step}: BrokenInvariant"]},
                "AnnounceModel": {"state": "rejected"},
            },
            status="FAILED",
            error="TrainingFailed",
            cause=f"{step}: BrokenInvariant",
        )
        for step in ("StartCanary", "WatchCanary", "PromoteModel")
    ],
    Scenario(
        "the way back is broken too",
        {"WatchCanary": seen("ROLL_BACK", "x"), "RollBackModel": TransientError("S3")},
        sent={"AnnounceModel": {"state": "failed"}},
        retries={"RollBackModel": 5},
        status="FAILED",
        error="TrainingFailed",
        cause="RollBackModel: TransientError",
    ),
    Scenario(
        "nobody can be told",
        {"AnnounceModel": TransientError("bus")},
        passes=("PromoteModel",),
        retries={"AnnounceModel": 5},
        status="FAILED",
        error="TrainingNotTold",
        cause="AnnounceModel: TransientError",
    ),
]


def assert_waited(run: Any, seconds: list[int]) -> None:
    assert run.waited == seconds


def assert_not_failed(run: Any) -> None:
    assert run.status == "SUCCEEDED"


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_scenario(scenario: Scenario) -> None:
    check(WORKFLOW, scenario)


def test_every_state_and_way_is_visited() -> None:
    assert unvisited(WORKFLOW.machine, [WORKFLOW.run(scenario) for scenario in SCENARIOS]) == []
