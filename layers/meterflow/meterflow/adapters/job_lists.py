"""Pages of jobs: a technician's own, or everyone's by status."""

from typing import Any

from boto3.dynamodb.conditions import Attr, Key

from meterflow import settings
from meterflow.adapters.aws import aws_calls, table
from meterflow.work_order import JobStatus, WorkOrder

# A technician's list holds what is to be answered or done.
TO_DO = (JobStatus.OFFERED, JobStatus.ACCEPTED, JobStatus.ESCALATED)

# An operator's list without a status starts with what needs a person.
OPERATOR_ORDER = (
    JobStatus.ESCALATED,
    JobStatus.OPEN,
    JobStatus.OFFERED,
    JobStatus.ACCEPTED,
    JobStatus.DONE,
    JobStatus.CANCELLED,
)

# What a filter drops counts against DynamoDB's limit, so one page may take several queries; never more than these.
QUERIES = 8

# Where a page ended: the status whose list it was in (None in a technician's list), and that list's last row.
Place = tuple[str | None, str, str]


def to_do_of(technician_id: str, limit: int, after: Place | None = None) -> tuple[list[WorkOrder], Place | None]:
    """One page of what `technician_id` is asked or has accepted, newest change first, and where to go on (or None).

    The index lags writes by a moment.
    """
    jobs, last = _query("technician-index", "technician_id", technician_id, limit, after, TO_DO)
    return jobs, (None, *last) if last else None


def by_status(
    statuses: tuple[JobStatus, ...], limit: int, after: Place | None = None
) -> tuple[list[WorkOrder], Place | None]:
    """One page of all jobs, status after status in the order of `statuses`, newest change first in each."""
    names = [status.value for status in statuses]
    start = names.index(after[0]) if after and after[0] in names else 0
    page: list[WorkOrder] = []
    for status in names[start:]:
        if len(page) == limit:
            # The page is full at the end of a list: go on at the top of the next.
            return page, (status, "", "")
        resume = after if after and after[0] == status and after[1] else None
        jobs, last = _query("status-index", "status", status, limit - len(page), resume)
        page += jobs
        if last:
            return page, (status, *last)
    return page, None


def _query(
    index: str, key: str, value: str, limit: int, after: Place | None, only: tuple[JobStatus, ...] = ()
) -> tuple[list[WorkOrder], tuple[str, str] | None]:
    """Up to `limit` jobs of one list, and the last row that was looked at where there may be more."""
    request: dict[str, Any] = {
        "IndexName": index,
        "KeyConditionExpression": Key(key).eq(value),
        "ScanIndexForward": False,
        "Limit": limit,
    }
    if only:
        request["FilterExpression"] = Attr("status").is_in([status.value for status in only])
    if after:
        request["ExclusiveStartKey"] = {key: value, "updated_at": after[1], "job_id": after[2]}
    items: list[dict[str, Any]] = []
    with aws_calls():
        for _ in range(QUERIES):
            answer = table(settings.setting("JOBS_TABLE")).query(**request)
            items += answer["Items"]
            if "LastEvaluatedKey" not in answer:
                break
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
            if len(items) >= limit:
                break
    kept = items[:limit]
    last = kept[-1] if len(items) > limit else answer.get("LastEvaluatedKey")
    jobs = [WorkOrder.model_validate(item) for item in kept]
    return jobs, (str(last["updated_at"]), str(last["job_id"])) if last else None
