"""The counts of reviewers, of their customers and of the kinds of meter: rows of ValidationResults.

`reviewer#<id>#<kind>` and `everybody#<kind>`, each also for the kind `all`, and `favours#<id>#customer|place#<who>`. A
review is counted once: the counts grow in the transaction that marks the review as counted.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from meterflow import settings
from meterflow.adapters.aws import aws_calls, error_code
from meterflow.adapters.reviews import RANKED_INDEX
from meterflow.adapters.validation_results import results, submission_key
from meterflow.clock import to_text
from meterflow.errors import TransientError
from meterflow.meter import Meter
from meterflow.review_counts import ALL_KINDS, Counts, DecidedReview, added, of_customer, of_kind, of_opinion, place
from meterflow.review_flags import OfOneCustomer

# More customers than this of one reviewer are not looked at: the rarest cannot be flagged anyway.
CUSTOMERS_LOOKED_AT = 25


def count(submission_id: str, review: DecidedReview, meter: Meter, now: datetime) -> bool:
    """Count a decided review, once. False where it was counted before."""
    mark = {
        "TableName": settings.setting("VALIDATION_RESULTS_TABLE"),
        "Key": {"result_id": submission_key(submission_id)},
        "UpdateExpression": "SET counted_at = :now",
        "ConditionExpression": "attribute_exists(result_id) AND attribute_not_exists(counted_at)",
        "ExpressionAttributeValues": {":now": to_text(now)},
    }
    with aws_calls():
        try:
            results().meta.client.transact_write_items(
                TransactItems=[{"Update": write} for write in (mark, *_writes(review, meter))]
            )
        except ClientError as error:
            if error_code(error) != "TransactionCanceledException":
                raise
            codes = [reason.get("Code", "None") for reason in error.response["CancellationReasons"]]
            if codes[0] == "ConditionalCheckFailed":
                return False
            raise TransientError(f"transaction cancelled: {', '.join(codes)}") from error
    return True


def _writes(review: DecidedReview, meter: Meter) -> list[dict[str, Any]]:
    opinions = [of_opinion(review, at, meter) for at in range(len(review.opinions))]
    everybody = added([*opinions, of_kind(review, meter)])
    writes = []
    for kind in (meter.kind.value, ALL_KINDS):
        writes.append(_add(f"everybody#{kind}", everybody))
        for opinion, counts in zip(review.opinions, opinions, strict=True):
            who = {"reviewer": opinion.decided_by, "kind": kind}
            writes.append(_add(f"reviewer#{opinion.decided_by}#{kind}", counts, f"reviewers#{kind}", "decisions", who))
    for opinion in review.opinions:
        counts = of_customer(opinion, review.submitted, meter)
        for what, who_it_is in (("customer", meter.owner), ("place", place(meter.location))):
            if "down" in counts:
                key = f"favours#{opinion.decided_by}#{what}#{who_it_is}"
                about = {"what": what, "who": who_it_is}
                writes.append(_add(key, counts, f"favours#{opinion.decided_by}", "down", about))
    return writes


def _add(
    result_id: str, counts: Counts, ranking: str | None = None, by: str = "", texts: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The update that adds `counts` to a row, which is ranked by the count `by` if `ranking` is given."""
    grow = dict(counts) | ({"rank": counts[by]} if ranking else {})
    texts = {**(texts or {}), **({"ranking": ranking} if ranking else {})}
    update = "ADD " + ", ".join(f"#{name} :{name}" for name in grow)
    if texts:
        update = "SET " + ", ".join(f"#{name} = :{name}" for name in texts) + " " + update
    return {
        "TableName": settings.setting("VALIDATION_RESULTS_TABLE"),
        "Key": {"result_id": result_id},
        "UpdateExpression": update,
        "ExpressionAttributeNames": {f"#{name}": name for name in (*grow, *texts)},
        "ExpressionAttributeValues": {f":{name}": part for name, part in {**grow, **texts}.items()},
    }


def everybody(kind: str) -> Counts:
    """The counts of all reviewers together for a kind of meter, or for all; empty where nothing was decided."""
    with aws_calls():
        row = results().get_item(Key={"result_id": f"everybody#{kind}"}, ConsistentRead=True).get("Item")
    return _counts(row or {})


def reviewers(
    kind: str, limit: int, after: Mapping[str, str] | None = None
) -> tuple[list[tuple[str, Counts]], dict[str, str] | None]:
    """One page of reviewers with their counts, those with the most decisions first, and the key to go on after."""
    ranking = f"reviewers#{kind}"
    start = {"ranking": ranking, "rank": Decimal(after["rank"]), "result_id": after["result_id"]} if after else None
    rows, last = _ranked(ranking, limit, start)
    found = [(str(row["reviewer"]), _counts(row)) for row in rows]
    return found, {name: str(last[name]) for name in ("rank", "result_id")} if last else None


def customers(reviewer: str) -> Sequence[OfOneCustomer]:
    """The customers and places whose bills this reviewer made smaller, the most often first."""
    rows, _ = _ranked(f"favours#{reviewer}", CUSTOMERS_LOOKED_AT, None)
    return [OfOneCustomer(what=row["what"], who=row["who"], down=int(row["down"])) for row in rows]


def _ranked(
    ranking: str, limit: int, start: Mapping[str, Any] | None
) -> tuple[list[dict[str, Any]], Mapping[str, Any] | None]:
    request: dict[str, Any] = {
        "IndexName": RANKED_INDEX,
        "KeyConditionExpression": Key("ranking").eq(ranking),
        "Limit": limit,
        "ScanIndexForward": False,
    }
    if start:
        request["ExclusiveStartKey"] = dict(start)
    with aws_calls():
        answer = results().query(**request)
    return list(answer["Items"]), answer.get("LastEvaluatedKey")


def _counts(row: Mapping[str, Any]) -> Counts:
    return {name: part for name, part in row.items() if isinstance(part, Decimal) and name != "rank"}
