"""Pages of jobs: a technician's own, or everyone's by status. The indexes lag writes by a moment."""

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

# In place of a row: the page ended where the next status's list begins.
TOP = "top"

# The row after which a list goes on, by the names of its key without the technician, who is always the caller.
After = dict[str, str]


def to_do_of(technician_id: str, limit: int, after: After | None) -> tuple[list[WorkOrder], After | None]:
    """One page of what `technician_id` is asked or has accepted, newest change first, and where to go on (or None)."""
    return _query("technician-index", "technician_id", technician_id, limit, after, TO_DO)


def by_status(statuses: tuple[JobStatus, ...], limit: int, after: After | None) -> tuple[list[WorkOrder], After | None]:
    """One page of all jobs, status after status in the order of `statuses`, newest change first in each."""
    names = [status.value for status in statuses]
    if after and after["status"] in names:
        names = names[names.index(after["status"]) :]
    else:
        after = None
    page: list[WorkOrder] = []
    for status in names:
        if len(page) == limit:
            return page, {"status": status, "updated_at": TOP, "job_id": TOP}
        start = after if after and after["status"] == status and after["job_id"] != TOP else None
        jobs, last = _query("status-index", "status", status, limit - len(page), start)
        page += jobs
        if last:
            return page, {"status": status, **last}
    return page, None


def _query(
    index: str, key: str, value: str, limit: int, after: After | None, only: tuple[JobStatus, ...] = ()
) -> tuple[list[WorkOrder], After | None]:
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
        request["ExclusiveStartKey"] = {key: value, "updated_at": after["updated_at"], "job_id": after["job_id"]}
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
    return jobs, {"updated_at": str(last["updated_at"]), "job_id": str(last["job_id"])} if last else None
