"""Reviews: the part of a submission's row in ValidationResults that a person decides on.

COMPARED -> PENDING_REVIEW -> DECIDED or EXPIRED. The execution that opened a review holds it; a decision is recorded
once, and what is recorded is never lost: the machine finds it when it escalates, closes or is redriven.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError
from pydantic import BaseModel, ConfigDict, Field

from meterflow.adapters.aws import aws_calls
from meterflow.adapters.validation_results import results, row_in_the_way, submission_key
from meterflow.clock import to_text
from meterflow.contracts.image_validation import ReviewRequest, Verdict

STATUS_INDEX = "status-index"
PENDING_REVIEW, DECIDED, EXPIRED = "PENDING_REVIEW", "DECIDED", "EXPIRED"


class Decision(BaseModel):
    """What a reviewer decided: the value that the meter shows, why, who (a user id) and when (RFC 3339)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    value: str
    reason: str
    decided_by: str
    decided_at: str

    def says_the_same(self, other: "Decision") -> bool:
        """Whether the other is the same decision sent again."""
        return (self.value, self.reason, self.decided_by) == (other.value, other.reason, other.decided_by)


class Review(BaseModel):
    """A submission's row. `task_token` answers for the waiting machine and stays out of every print."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    submission_id: str
    meter_id: str
    status: str
    verdict: Verdict
    value: str
    taken_at: str
    reading: str | None = None
    confidence: Decimal | None = None
    reasons: tuple[str, ...] = ()
    created_at: str
    photo_id: str | None = None
    kept_key: str | None = None
    review_holder: str | None = None
    task_token: str | None = Field(default=None, repr=False)
    deadline_at: str | None = None
    escalated: bool = False
    decision: Decision | None = None


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
) -> Review | None:
    """Open the review for the execution `holder`, or go on with it under a new token. Returns None when done, else the
    row in the way: another execution's review, or this one's decision.

    What the comparison stored stays; where it stored nothing, the request's own words stand in.
    """
    values: dict[str, Any] = {
        ":pending": PENDING_REVIEW,
        ":holder": holder,
        ":token": task_token,
        ":escalated": escalated,
        ":deadline": to_text(deadline_at),
        ":now": to_text(now),
    }
    sets = (
        "#status = :pending, review_holder = :holder, task_token = :token, escalated = :escalated,"
        " deadline_at = :deadline, created_at = if_not_exists(created_at, :now)"
    )
    stored = {
        **request.model_dump(exclude={"customer_id", "photo_key"}, exclude_none=True, mode="json"),
        **({"kept_key": kept_key} if kept_key else {}),
    }
    for name, value in stored.items():
        sets += f", #{name} = if_not_exists(#{name}, :{name})"
        values[f":{name}"] = value
    return _change(
        request.submission_id,
        "SET " + sets,
        "attribute_not_exists(review_holder) OR (review_holder = :holder AND #status = :pending)",
        values,
        {f"#{name}": name for name in (*stored, "status")},
    )


def decide(submission_id: str, decision: Decision) -> Review | None:
    """Record a decision on a pending review. Returns the row as it is then: DECIDED with this decision, or whatever
    stood in the way; None where the submission has no row."""
    _change(
        submission_id,
        "SET #status = :decided, decision = :decision",
        "#status = :pending",
        {":decided": DECIDED, ":pending": PENDING_REVIEW, ":decision": decision.model_dump()},
        {"#status": "status"},
    )
    return get(submission_id)


def expire(submission_id: str, holder: str, now: datetime) -> Review | None:
    """Close the undecided review of `holder`. Returns None when done, also before, else the row in the way."""
    return _change(
        submission_id,
        "SET #status = :expired, closed_at = if_not_exists(closed_at, :now)",
        "review_holder = :holder AND #status IN (:pending, :expired)",
        {":expired": EXPIRED, ":pending": PENDING_REVIEW, ":holder": holder, ":now": to_text(now)},
        {"#status": "status"},
    )


def page(status: str, limit: int, after: Mapping[str, str] | None = None) -> tuple[list[Review], dict[str, str] | None]:
    """One page of the submissions in `status`, the oldest first, and the key to go on after (None at the end).

    `after` is {created_at, result_id} of the last one seen. The index lags writes by a moment.
    """
    request: dict[str, Any] = {
        "IndexName": STATUS_INDEX,
        "KeyConditionExpression": Key("status").eq(status),
        "Limit": limit,
    }
    if after:
        request["ExclusiveStartKey"] = {"status": status, **after}
    with aws_calls():
        answer = results().query(**request)
    last = answer.get("LastEvaluatedKey")
    following = {name: str(last[name]) for name in ("created_at", "result_id")} if last else None
    return [Review.model_validate(row) for row in answer["Items"]], following


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
