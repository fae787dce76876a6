"""The steps of estimation under `sam local invoke`: one function a step, named for it."""

from meterflow import ids
from meterflow.adapters import estimates
from meterflow.adapters.items import to_item
from meterflow.clock import now, to_text
from meterflow.reading import Estimate, Quality, Source, Status
from tests.integration.invoke_meter_submission import submitted
from tests.integration.invoke_stage import Stage

# A meter of the city that no other case looks at, and one that is not there.
UNREAD, ELSEWHERE = "WTR-0042", "invoke-estimated"
LONG_AGO = "2020-03-01T08:00:00Z"


def submit_estimates(stage: Stage) -> None:
    """As if the meter had not been read since long ago. Its estimate stays: an execution runs once."""
    row = stage.row("Meters", meter_id=UNREAD)
    unread = {**row, "latest": {**row["latest"], "taken_at": LONG_AGO}}
    stage.put("Meters", unread, "meter_id")
    result = stage.invoke()
    assert (result["looked_at"], result["due"], result["submitted"]) == (1, 1, 1), result
    month = to_text(now())[:7]
    submission_id = ids.derived_id("estimate", UNREAD, row["latest"]["submission_id"], month)

    def settled() -> bool:
        return bool(stage.row("Readings", submission_id=submission_id).get("status", "PROCESSING") != "PROCESSING")

    stage.until(settled, "the estimate is settled")
    made = stage.row("Readings", submission_id=submission_id)
    assert (made["source"], made["quality"], made["status"]) == ("estimate", "estimated", "ACCEPTED")


def score_estimates(stage: Stage) -> None:
    submission_id = stage.event["detail"]["submission_id"]
    card = estimates.scorecard_key("2020-01", "invoke")
    stage.absent("Claims", claim_key=card)
    said = Estimate(rule="invoke", low="00103.000", high="00106.000", coverage="0.9")
    known = {"meter_id": ELSEWHERE, "status": Status.ACCEPTED, "quality": Quality.VALID}
    guess = {"source": Source.ESTIMATE, "quality": Quality.ESTIMATED, "estimate": said}
    for name, day, value, changes in (
        ("invoke-before", "01", "00100.000", {}),
        ("invoke-estimate", "11", "00104.000", guess),
        (submission_id, "21", "00110.000", {}),
    ):
        moment = f"2020-01-{day}T08:00:00Z"
        reading = submitted(stage, **known | {"submission_id": name, "taken_at": moment, "value": value} | changes)
        stage.put("Readings", to_item(reading), "submission_id")
    assert stage.invoke() == {"outcome": "SCORED", "scored": ["invoke-estimate"]}
    score = stage.row("Readings", submission_id="invoke-estimate")["score"]
    # Half way between 100 and 110: the truth was 105.
    assert (float(score["error"]), score["inside"], score["scored_by"]) == (-1, True, submission_id)
    assert stage.row("Claims", claim_key=card)["scored"] == 1
    assert stage.invoke() == {"outcome": "SCORED", "scored": []}
