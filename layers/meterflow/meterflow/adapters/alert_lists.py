"""Pages of alarms: of one status, or of some places, newest first. The indexes lag writes by a moment."""

from collections.abc import Sequence
from typing import Any

from boto3.dynamodb.conditions import Attr, Key

from meterflow import settings
from meterflow.adapters.aws import aws_calls, table
from meterflow.alert import Alert, AlertStatus
from meterflow.risk import RiskLevel

# What a filter drops counts against DynamoDB's limit, so one page may take several queries; never more than these.
QUERIES = 8
# In place of a row: the page ended where the next list begins.
TOP = "top"

# The alarm after which a list goes on: the list it is in (a status, or a meter's id), when it was raised, its id.
After = dict[str, str]
Page = tuple[list[Alert], After | None]


def by_status(statuses: Sequence[AlertStatus], severity: RiskLevel | None, limit: int, after: After | None) -> Page:
    """One page, status after status in the order of `statuses`, newest first in each, and where to go on (or None)."""
    only = Attr("severity").eq(severity) if severity else None
    return _lists("status-index", "status", statuses, only, limit, after)


def by_meter(
    meter_ids: Sequence[str],
    status: AlertStatus | None,
    severity: RiskLevel | None,
    limit: int,
    after: After | None,
) -> Page:
    """One page, place after place in the order of `meter_ids`, newest first in each, and where to go on (or None)."""
    only = Attr("severity").eq(severity) if severity else None
    if status:
        wanted = Attr("status").eq(status)
        only = wanted if only is None else only & wanted
    return _lists("meter-index", "meter_id", meter_ids, only, limit, after)


def _lists(index: str, key: str, names: Sequence[str], only: Any, limit: int, after: After | None) -> Page:
    page: list[Alert] = []
    queries = QUERIES
    at = after["list"] if after else None
    # Where the list that the token names is gone (a meter was sold meanwhile) there is nothing to go on with.
    for name in names[names.index(at) :] if at in names else names if at is None else ():
        if len(page) == limit or queries <= 0:
            return page, {"list": name, "raised_at": TOP, "alert_id": TOP}
        start = after if after and at == name and after["alert_id"] != TOP else None
        alerts, last, used = _query(index, key, name, only, limit - len(page), start, queries)
        page, queries = page + alerts, queries - used
        if last:
            return page, {"list": name, **last}
    return page, None


def _query(
    index: str, key: str, value: str, only: Any, limit: int, after: After | None, queries: int
) -> tuple[list[Alert], dict[str, str] | None, int]:
    """Up to `limit` alarms of one list, the last row seen where there may be more, and how many queries it took."""
    request: dict[str, Any] = {
        "IndexName": index,
        "KeyConditionExpression": Key(key).eq(value),
        "ScanIndexForward": False,
        "Limit": limit,
    }
    if only is not None:
        request["FilterExpression"] = only
    if after:
        request["ExclusiveStartKey"] = {key: value, "raised_at": after["raised_at"], "alert_id": after["alert_id"]}
    items: list[dict[str, Any]] = []
    used = 0
    with aws_calls():
        while True:
            answer = table(settings.setting("ALERTS_TABLE")).query(**request)
            items, used = items + answer["Items"], used + 1
            if "LastEvaluatedKey" not in answer or len(items) >= limit or used >= queries:
                break
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
    more = len(items) > limit
    kept = items[:limit]
    last = kept[-1] if more else answer.get("LastEvaluatedKey")
    where = {name: str(last[name]) for name in ("raised_at", "alert_id")} if last else None
    return [Alert.model_validate(item) for item in kept], where, used
