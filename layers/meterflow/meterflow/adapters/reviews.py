"""Reviews: the part of a submission's row in ValidationResults that people decide on.

COMPARED -> PENDING_REVIEW -> DECIDED or EXPIRED. While it is pending, `stage` says whom it waits for (see
review_decision); `token_stage` is the stage that the waiting machine knows of, which may lag behind. The execution that
opened a review holds it; an opinion is recorded once, and what is recorded is never lost: the machine finds it when it
asks again, escalates, closes or is redriven.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError
from pydantic import BaseModel, ConfigDict, Field

from meterflow.adapters.aws import aws_calls
from meterflow.adapters.items import to_item
from meterflow.adapters.validation_results import results, row_in_the_way, submission_key
from meterflow.clock import to_text
from meterflow.contracts.image_validation import ReviewRequest, Verdict
from meterflow.reading import FirstUse
from meterflow.review_decision import NEXT_STAGE, Decision, Opinion, Outcome, Stage
from meterflow.review_priority import Stake

STATUS_INDEX, RANKED_INDEX = "status-index", "ranked-index"
PENDING_REVIEW, DECIDED, EXPIRED = "PENDING_REVIEW", "DECIDED", "EXPIRED"
# The ranking that pending reviews are in; they leave it when they are decided or expire.
QUEUE = "review_queue"


class Review(BaseModel):
    """A submission's row. `task_token` answers for the waiting machine and stays out of every print."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    submission_id: str
    meter_id: str
    # The meter's owner, who may not decide. Reviews that were opened before this was kept have none.
    customer_id: str | None = None
    status: str
    verdict: Verdict
    value: str
    taken_at: str
    reading: str | None = None
    confidence: Decimal | None = None
    reasons: tuple[str, ...] = ()
    created_at: str
    opened_at: str | None = None
    photo_id: str | None = None
    kept_key: str | None = None
    first_use: FirstUse | None = None
    review_holder: str | None = None
    task_token: str | None = Field(default=None, repr=False)
    token_stage: Stage = Stage.FIRST
    deadline_at: str | None = None
    escalated: bool = False
    audit: bool = False
    stage: Stage = Stage.FIRST
    stake: Stake | None = None
    opinions: tuple[Opinion, ...] = ()
    decision: Decision | None = None

    def opinion_of(self, user_id: str) -> Opinion | None:
        """What this person said already. A row from before opinions were kept has its decision alone."""
        for one in self.opinions:
            if one.decided_by == user_id:
                return one
        if self.decision and not self.opinions and self.decision.decided_by == user_id:
            return Opinion.model_validate(self.decision.model_dump())
        return None

    def wakes(self, opinion: Opinion) -> bool:
        """Whether the machine, as far as it is known, still waits for this very opinion."""
        return self.token_stage == opinion.stage

    @property
    def said(self) -> str | None:
        """What the machine has to hear: the last opinion's outcome. None where nobody has said anything, or where the
        review is over without a decision: expired, or withdrawn because another reading settled it."""
        if self.status == DECIDED:
            return Outcome.DECIDED.value
        return self.opinions[-1].outcome.value if self.opinions and self.status == PENDING_REVIEW else None

    @property
    def withdrawn(self) -> bool:
        """Whether the meter's next reading settled what this review was about (see review_withdrawal)."""
        return self.status not in (PENDING_REVIEW, DECIDED, EXPIRED)


def get(submission_id: str) -> Review | None:
    """The submission's row, read consistently, or None."""
    with aws_calls():
        row = results().get_item(Key=_key(submission_id), ConsistentRead=True).get("Item")
    return Review.model_validate(row) if row else None


def open_review(
    request: ReviewRequest,
    *,
    holder: str,
    task_token: str,
    escalated: bool,
    deadline_at: datetime,
    kept_key: str | None,
    now: datetime,
    stage: Stage = Stage.FIRST,
    stake: Stake | None = None,
    rank: Decimal = Decimal(0),
) -> Review | None:
    """Open the review for the execution `holder`, or go on with it under a new token. Returns None when done, else the
    row in the way: another execution's review, or what was said in this one meanwhile.

    What the comparison stored stays; where it stored nothing, the request's own words stand in. What is at stake is
    told with the first opening and stays; `rank` is the place in the queue (review_priority).
    """
    values: dict[str, Any] = {
        ":pending": PENDING_REVIEW,
        ":holder": holder,
        ":token": task_token,
        ":escalated": escalated,
        ":deadline": to_text(deadline_at),
        ":now": to_text(now),
        ":stage": stage.value,
        ":queue": QUEUE,
        ":rank": rank,
    }
    sets = (
        "#status = :pending, review_holder = :holder, task_token = :token, token_stage = :stage, stage = :stage,"
        " escalated = :escalated, deadline_at = :deadline, ranking = :queue, #rank = :rank,"
        " created_at = if_not_exists(created_at, :now), opened_at = if_not_exists(opened_at, :now)"
    )
    stored = {
        **request.model_dump(exclude={"photo_key"}, exclude_none=True, mode="json"),
        **({"kept_key": kept_key} if kept_key else {}),
        **({"stake": to_item(stake)} if stake else {}),
    }
    for name, value in stored.items():
        sets += f", #{name} = if_not_exists(#{name}, :{name})"
        values[f":{name}"] = value
    return _change(
        request.submission_id,
        "SET " + sets,
        "attribute_not_exists(review_holder)"
        f" OR (review_holder = :holder AND #status = :pending AND {_at_stage(stage)})",
        values,
        {f"#{name}": name for name in (*stored, "status", "rank")},
    )


def give_opinion(submission_id: str, opinion: Opinion, decision: Decision | None) -> bool:
    """Record an opinion on a pending review, at the stage that it was given for, and with it the decision that it
    completes. False where the review does not stand there any more; nothing is changed then."""
    values: dict[str, Any] = {
        ":pending": PENDING_REVIEW,
        ":stage": opinion.stage.value,
        ":none": [],
        ":one": [to_item(opinion)],
        ":next": NEXT_STAGE.get(opinion.outcome, opinion.stage).value,
    }
    update = "SET opinions = list_append(if_not_exists(opinions, :none), :one), stage = :next"
    if decision:
        values |= {":decided": DECIDED, ":decision": to_item(decision)}
        update += ", #status = :decided, decision = :decision REMOVE ranking"
    with aws_calls():
        try:
            results().update_item(
                Key=_key(submission_id),
                UpdateExpression=update,
                ConditionExpression=f"#status = :pending AND {_at_stage(opinion.stage)}",
                ExpressionAttributeValues=values,
                ExpressionAttributeNames={"#status": "status"},
            )
        except ClientError as error:
            row_in_the_way(error)
            return False
    return True


def _at_stage(stage: Stage) -> str:
    # Reviews that were opened before stages were kept have none, and wait for the first person.
    return "(stage = :stage OR attribute_not_exists(stage))" if stage == Stage.FIRST else "stage = :stage"


def expire(submission_id: str, holder: str, now: datetime, stage: Stage = Stage.FIRST) -> Review | None:
    """Close the review of `holder`, undecided at `stage`. Returns None when done, also before, else the row in the
    way."""
    return _change(
        submission_id,
        "SET #status = :expired, closed_at = if_not_exists(closed_at, :now) REMOVE ranking",
        f"review_holder = :holder AND #status IN (:pending, :expired) AND {_at_stage(stage)}",
        {
            ":expired": EXPIRED,
            ":pending": PENDING_REVIEW,
            ":holder": holder,
            ":now": to_text(now),
            ":stage": stage.value,
        },
        {"#status": "status"},
    )


def page(status: str, limit: int, after: Mapping[str, str] | None = None) -> tuple[list[Review], dict[str, str] | None]:
    """One page of the submissions in `status`, the oldest first, and the key to go on after (None at the end).

    `after` is {created_at, result_id} of the last one seen. The index lags writes by a moment.
    """
    start = {"status": status, **after} if after else None
    rows, last = _query(STATUS_INDEX, Key("status").eq(status), limit, start, forward=True)
    return rows, {name: str(last[name]) for name in ("created_at", "result_id")} if last else None


def queue(limit: int, after: Mapping[str, str] | None = None) -> tuple[list[Review], dict[str, str] | None]:
    """One page of the pending reviews, the most urgent first, and the key to go on after (None at the end).

    `after` is {rank, result_id} of the last one seen. The index lags writes by a moment.
    """
    start = {"ranking": QUEUE, "rank": Decimal(after["rank"]), "result_id": after["result_id"]} if after else None
    rows, last = _query(RANKED_INDEX, Key("ranking").eq(QUEUE), limit, start, forward=False)
    return rows, {name: str(last[name]) for name in ("rank", "result_id")} if last else None


def _query(
    index: str, condition: Any, limit: int, start: Mapping[str, Any] | None, *, forward: bool
) -> tuple[list[Review], Mapping[str, Any] | None]:
    request: dict[str, Any] = {
        "IndexName": index,
        "KeyConditionExpression": condition,
        "Limit": limit,
        "ScanIndexForward": forward,
    }
    if start:
        request["ExclusiveStartKey"] = dict(start)
    with aws_calls():
        answer = results().query(**request)
    rows: Sequence[Mapping[str, Any]] = answer["Items"]
    return [Review.model_validate(row) for row in rows], answer.get("LastEvaluatedKey")


def _key(submission_id: str) -> dict[str, str]:
    return {"result_id": submission_key(submission_id)}


def _change(
    submission_id: str, update: str, condition: str, values: dict[str, Any], names: dict[str, str]
) -> Review | None:
    """Change the row under a condition: None when done, else the row as it stands (or None where there is none)."""
    with aws_calls():
        try:
            results().update_item(
                Key=_key(submission_id),
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
                ExpressionAttributeNames=names,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            row = row_in_the_way(error)
            return Review.model_validate(row) if row else None
    return None
