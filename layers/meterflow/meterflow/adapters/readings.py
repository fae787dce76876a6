"""The Readings table: every submission, its way to a settled state, and a meter's history."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from boto3.dynamodb.conditions import Attr, ConditionBase, Key
from botocore.exceptions import ClientError

from meterflow import settings
from meterflow.adapters import claims, meter_marks
from meterflow.adapters.aws import aws_calls, error_code, table
from meterflow.adapters.items import to_item
from meterflow.clock import to_text
from meterflow.errors import BrokenInvariant, TransientError
from meterflow.meter import Exchange, Latest, Meter
from meterflow.reading import PhotoResult, Quality, Reading, Source, Status
from meterflow.vee import ASK, FALSE_HIGH, Earlier, Known, Neighbours, known

METER_INDEX = "meter-index"
# A reading's claim outlives every retry and redrive (14 days) and then the accepted row itself tells a duplicate.
CLAIM_KEPT = timedelta(days=90)
# Who edits where no person does.
BY_RULES = "meterflow"


def _readings() -> Any:
    return table(settings.setting("READINGS_TABLE"))


def get(submission_id: str) -> Reading | None:
    """The submission, read consistently, or None."""
    with aws_calls():
        answer = _readings().get_item(Key={"submission_id": submission_id}, ConsistentRead=True)
    return Reading.model_validate(answer["Item"]) if "Item" in answer else None


def put_new_submission(reading: Reading) -> str:
    """Write `reading` unless its submission_id is taken; return the fingerprint of the row that is there now.

    The caller compares it with its own: equal means "the same submission, perhaps repeated".
    """
    with aws_calls():
        try:
            _readings().put_item(
                Item=to_item(reading),
                ConditionExpression="attribute_not_exists(submission_id)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            # The failed put hands back the row that stood in its way, in DynamoDB's typed form.
            return str(error.response["Item"]["fingerprint"]["S"])
    return reading.fingerprint


def record(reading: Reading, now: datetime) -> str:
    """Record `reading` once and claim its meter and time for it; return the submission that holds the claim.

    Returns `reading.submission_id` where this submission is the one reading of that meter and moment, and the other
    submission's id where it is a duplicate. Safe to repeat: the row may be there already (the API writes it first),
    and taking one's own claim again succeeds.
    """
    put_new_submission(reading)
    # An estimate claims a moment of its own kind, so that it can never stand in the way of a true reading.
    kind = "estimate" if reading.source == Source.ESTIMATE else "reading"
    claim_key = f"{kind}#{reading.meter_id}#{reading.taken_at}"
    return claims.take(claim_key, reading.submission_id, now, keep=CLAIM_KEPT)


def page(
    meter_id: str, limit: int, after: Mapping[str, str] | None = None
) -> tuple[list[Reading], dict[str, str] | None]:
    """One page of a meter's submissions, newest first, and the key to go on after (None at the end).

    `after` is {taken_at, submission_id} of the last one seen. The index lags writes by a moment.
    """
    request: dict[str, Any] = {
        "IndexName": METER_INDEX,
        "KeyConditionExpression": Key("meter_id").eq(meter_id),
        "ScanIndexForward": False,
        "Limit": limit,
    }
    if after:
        request["ExclusiveStartKey"] = {"meter_id": meter_id, **after}
    with aws_calls():
        answer = _readings().query(**request)
    last = answer.get("LastEvaluatedKey")
    following = {name: str(last[name]) for name in ("taken_at", "submission_id")} if last else None
    return [Reading.model_validate(item) for item in answer["Items"]], following


def history(meter_id: str, limit: int, before: str | None = None) -> list[Reading]:
    """Up to `limit` accepted readings of a meter, newest first; with `before` only those taken earlier than it."""
    condition = Key("meter_id").eq(meter_id)
    if before is not None:
        condition = condition & Key("taken_at").lt(before)
    return _accepted(condition, False, limit)


def neighbours(meter: Meter, taken_at: str, submission_id: str, history: Sequence[Known] = ()) -> Neighbours:
    """What `submission_id`, taken at `taken_at`, is compared with: accepted true readings of other submissions.

    The meter's own `latest`, read consistently, decides whether the reading is late; the index, which lags writes by a
    moment, is asked only for late ones. An estimate is no neighbour: it must never refuse a true reading. Where the
    latest is one, the newest true reading of `history` stands in.
    """
    latest = meter.latest
    if not latest:
        return Neighbours()
    if latest.taken_at < taken_at:
        if latest.quality == Quality.ESTIMATED:
            return Neighbours(previous=next((one for one in history if not one.estimated), None))
        return Neighbours(previous=Known(latest.value, latest.taken_at, latest.submission_id))
    key = Key("meter_id").eq(meter.meter_id)
    moment = Key("taken_at")
    at = [one for one in _read(key & moment.eq(taken_at), True, 2) if one.submission_id != submission_id]
    later = _read(key & moment.gt(taken_at), True, 1) if latest.taken_at > taken_at else []
    return Neighbours(
        previous=_first(_read(key & moment.lt(taken_at), False, 1)),
        following=_first(later) or _latest_if(meter, latest.taken_at > taken_at),
        same_time=_first(at)
        or _latest_if(meter, latest.taken_at == taken_at and latest.submission_id != submission_id),
    )


def witnesses(meter_id: str, after: str, before: str, limit: int = 5) -> list[Reading]:
    """Up to `limit` submissions between two times that asked for one more photo and were not accepted, newest first.

    They wait in review, or their review expired. The next reading confirms or refutes them.
    """
    condition = Key("meter_id").eq(meter_id) & Key("taken_at").between(after, before)
    unproven = Attr("reasons").contains(ASK) & Attr("status").is_in([Status.NEEDS_REVIEW.value, Status.REJECTED.value])
    found = []
    for item in _query(condition, False, unproven):
        one = Reading.model_validate(item)
        if after < one.taken_at < before:
            found.append(one)
        if len(found) == limit:
            break
    return found


def _first(found: Sequence[Reading]) -> Known | None:
    return known(found[0]) if found else None


def _latest_if(meter: Meter, wanted: bool) -> Known | None:
    latest = meter.latest
    if not latest or not wanted or latest.quality == Quality.ESTIMATED:
        return None
    return Known(latest.value, latest.taken_at, latest.submission_id)


def _read(condition: ConditionBase, forward: bool, limit: int) -> list[Reading]:
    """The first `limit` accepted readings under `condition` that were really read."""
    true = Attr("quality").ne(Quality.ESTIMATED.value) & Attr("status").eq(Status.ACCEPTED.value)
    return _accepted(condition, forward, limit, true)


def _accepted(condition: ConditionBase, forward: bool, limit: int, kept: ConditionBase | None = None) -> list[Reading]:
    """The first `limit` accepted readings under `condition`, however many others lie between them."""
    found: list[Reading] = []
    for item in _query(condition, forward, kept or Attr("status").eq(Status.ACCEPTED.value)):
        found.append(Reading.model_validate(item))
        if len(found) == limit:
            break
    return found


def _query(condition: ConditionBase, forward: bool, kept: ConditionBase) -> Iterator[dict[str, Any]]:
    request: dict[str, Any] = {
        "IndexName": METER_INDEX,
        "KeyConditionExpression": condition,
        "FilterExpression": kept,
        "ScanIndexForward": forward,
    }
    while True:
        with aws_calls():
            answer = _readings().query(**request)
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def settle(
    submission_id: str,
    *,
    meter_id: str,
    status: str,
    quality: str,
    reasons: Sequence[str],
    value: str,
    taken_at: str,
    photo: PhotoResult | None = None,
    risk_level: str | None = None,
    job_id: str | None = None,
    edit: Mapping[str, Any] | None = None,
    now: datetime,
    expected: Sequence[str] = ("PROCESSING",),
    replaces: str | None = None,
    validation: Mapping[str, Any] | None = None,
    earlier: Sequence[Earlier] = (),
    exchange: Exchange | None = None,
) -> str:
    """Give a submission its final state, and its meter what follows from it, in one transaction.

    Used by SettleReading (expected PROCESSING) and by a review's decision (expected=("NEEDS_REVIEW",)).

    - `status` ACCEPTED, REJECTED or NEEDS_REVIEW; `quality` raw, valid, estimated or edited; `reasons` stable codes,
      which replace the stored ones.
    - `value` is the text that counts from now on. With `edit`, the text stored so far moves to `original_value`,
      where the first original stays through later corrections. `edit` is a small map of strings such as
      {"reason": …, "edited_by": <user id>, "edited_at": …}.
    - `photo`, `risk_level`, `job_id` and `edit` leave what the submission has where they are None.
    - `risk_level` is the score of `value` and goes to the meter as well, so whoever accepts a value that was scored
      before names it again.
    - `validation` is what the rules found, kept for the evidence. `earlier` submissions change in the same transaction
      where this one is ACCEPTED, each on condition that nobody changed it first; those that did change are named in the
      row's `resolved`. `exchange` is recorded with the meter.
    - `taken_at` is the stored, normalised time of the reading (see reading.normal_time).
    - `now` becomes `settled_at`.

    When ACCEPTED, the meter's `latest` takes this reading, and its `risk_level` this score or none, if the meter has no
    latest, an earlier one, or this very submission: it never goes back in time, so a late reading enters the history
    alone. NEEDS_REVIEW puts the submission into the meter's `open_reviews`; leaving that state takes it out.
    `replaces` is the value that must still stand: an audit edits a reading that is settled already, and so neither
    twice nor over somebody else's edit.

    Returns "SETTLED" when this call made the change and "ALREADY" when the row's status was not in `expected` or
    another value stood there, which is how a retry finds its own work or a second decision finds the first. Read the
    row to know what holds.
    Raises BrokenInvariant where the submission does not exist and TransientError on an outage or a collision with
    another transaction; both leave nothing half done.
    """
    changes: dict[str, Any] = {
        "status": str(status),
        "quality": str(quality),
        "reasons": list(reasons),
        "value": value,
        "settled_at": to_text(now),
        "photo": to_item(photo) if photo else None,
        "risk_level": risk_level,
        "job_id": job_id,
        "edit": dict(edit) if edit else None,
        "validation": dict(validation) if validation else None,
    }
    accepted = status == Status.ACCEPTED
    changing = {one.submission_id: _earlier_row(one, submission_id, now) for one in earlier if accepted}
    of_meter = meter_marks.writes(
        meter_id,
        Latest(submission_id=submission_id, value=value, taken_at=taken_at, quality=quality),
        status=Status(status),
        reviewed=Status.NEEDS_REVIEW in expected,
        risk_level=risk_level,
        answers=[one.submission_id for one in earlier if accepted and one.reason != FALSE_HIGH],
        exchange=exchange if accepted else None,
    )
    while True:
        resolved = changes | {"resolved": list(changing) or None}
        row = _settled_row(submission_id, resolved, [str(one) for one in expected], replaces)
        refused = _transact([row, *of_meter[:1], *changing.values()])
        if refused is None:
            return "SETTLED"
        if refused[0]:
            break
        # The meter refused (it has a later reading or is gone), or somebody was first with an earlier submission. The
        # reading settles all the same, with as much of it as can be.
        lost = refused[1 + len(of_meter[:1]) :]
        if of_meter and refused[1]:
            of_meter = of_meter[1:]
        changing = {name: write for (name, write), gone in zip(changing.items(), lost, strict=True) if not gone}
    if get(submission_id) is None:
        raise BrokenInvariant("a submission is settled that was never recorded")
    return "ALREADY"


def _earlier_row(change: Earlier, by: str, now: datetime) -> dict[str, Any]:
    """The update of an earlier submission that the accepted submission `by` confirms, refutes or withdraws.

    What was accepted and is withdrawn keeps its text as `original_value`, with the reason and what proved it.
    """
    withdrawn = change.reason == FALSE_HIGH
    accepted = change.status == Status.ACCEPTED
    sets = "#status = :status, quality = :quality, reasons = :reasons, settled_at = :now, edit = :edit"
    return {
        "TableName": settings.setting("READINGS_TABLE"),
        "Key": {"submission_id": change.submission_id},
        "UpdateExpression": f"SET {sets}"
        + (", original_value = if_not_exists(original_value, #value)" if withdrawn else ""),
        "ConditionExpression": "#status = :from",
        "ExpressionAttributeNames": {"#status": "status"} | ({"#value": "value"} if withdrawn else {}),
        "ExpressionAttributeValues": {
            ":from": (Status.ACCEPTED if withdrawn else Status.NEEDS_REVIEW).value,
            ":status": str(change.status),
            ":quality": (Quality.VALID if accepted else Quality.RAW).value,
            ":reasons": [change.reason],
            ":now": to_text(now),
            ":edit": {"reason": change.reason, "edited_by": BY_RULES, "edited_at": to_text(now), "because_of": by},
        },
    }


def _settled_row(
    submission_id: str, changes: Mapping[str, Any], expected: Sequence[str], replaces: str | None
) -> dict[str, Any]:
    """The update of a submission, on condition that its status is one of `expected` and its value is `replaces`."""
    given = {name: value for name, value in changes.items() if value is not None}
    sets = [f"#{name} = :{name}" for name in given]
    if "edit" in given:
        sets.append("original_value = if_not_exists(original_value, #value)")
    allowed = {f":expected{index}": one for index, one in enumerate(expected)}
    condition = f"#status IN ({', '.join(allowed)})"
    if replaces is not None:
        condition += " AND #value = :replaces"
        allowed[":replaces"] = replaces
    return {
        "TableName": settings.setting("READINGS_TABLE"),
        "Key": {"submission_id": submission_id},
        "UpdateExpression": "SET " + ", ".join(sets),
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {f"#{name}": name for name in given},
        "ExpressionAttributeValues": {f":{name}": value for name, value in given.items()} | allowed,
    }


def _transact(writes: Sequence[dict[str, Any]]) -> list[bool] | None:
    """Run the transaction. None when done, else which of its conditions failed."""
    with aws_calls():
        try:
            _readings().meta.client.transact_write_items(TransactItems=[{"Update": write} for write in writes])
        except ClientError as error:
            if error_code(error) != "TransactionCanceledException":
                raise
            codes = [reason.get("Code", "None") for reason in error.response["CancellationReasons"]]
            if any(code not in ("None", "ConditionalCheckFailed") for code in codes):
                raise TransientError(f"transaction cancelled: {', '.join(codes)}") from error
            return [code == "ConditionalCheckFailed" for code in codes]
    return None
