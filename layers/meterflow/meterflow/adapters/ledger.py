"""The ledger of messages: one row a promise, and conditional writes that let it go out once.

Every change of status is a write under the condition that the row stands where message.ENTERED_FROM says. A write
that loses its race changes nothing and says so.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError

from meterflow import settings
from meterflow.adapters.aws import aws_calls, error_code, table
from meterflow.clock import from_text, to_text
from meterflow.errors import BrokenInvariant
from meterflow.message import ENTERED_FROM, Message, Notification, Status

_TIMES = ("claimed_at", "created_at", "sent_at", "settled_at")


def add(row: Notification) -> Notification | None:
    """Write `row` where there is none for its id. Returns None, or the row that stood there already."""
    with aws_calls():
        try:
            _table().put_item(
                Item=_to_item(row),
                ConditionExpression="attribute_not_exists(notification_id)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            return _from_item(_row_in_the_way(error))
    return None


def read(notification_id: str) -> Notification:
    """The row of `notification_id`, read consistently. Raises BrokenInvariant where there is none."""
    with aws_calls():
        item = _table().get_item(Key={"notification_id": notification_id}, ConsistentRead=True).get("Item")
    if item is None:
        raise BrokenInvariant("a step came for a promise that nobody claimed")
    return _from_item(item)


def take_over(row: Notification, holder: str, now: datetime) -> bool:
    """Make `holder` the one who works on `row`, as it was read. False where somebody else changed it meanwhile.

    A row that an outage left FAILED starts again at CLAIMED.
    """
    again = row.status is Status.FAILED
    with aws_calls():
        try:
            _table().update_item(
                Key={"notification_id": row.notification_id},
                UpdateExpression="SET holder = :new, claimed_at = :now"
                + (", #status = :claimed REMOVE settled_at, reason" if again else ""),
                ConditionExpression="holder = :old AND claimed_at = :read AND #status = :status",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={
                    ":new": holder,
                    ":now": _stamp(now),
                    ":old": row.holder,
                    ":read": _stamp(row.claimed_at),
                    ":status": row.status.value,
                }
                | ({":claimed": Status.CLAIMED.value} if again else {}),
            )
        except ClientError as error:
            _row_in_the_way(error)
            return False
    return True


def compose(notification_id: str, message: Message) -> None:
    """CLAIMED → COMPOSED with the text. Nothing happens to a row that is further: the first text stands."""
    _move(notification_id, Status.COMPOSED, {"message": message.model_dump()}, only_from=(Status.CLAIMED,))


def begin_sending(notification_id: str, attempt: str) -> bool:
    """COMPOSED → SENDING by `attempt`. Only who gets True may call the provider."""
    return _move(notification_id, Status.SENDING, {"attempt": attempt})


def release(notification_id: str, attempt: str) -> None:
    """SENDING → COMPOSED: the provider certainly did not take the message, so another try may send it."""
    _move(notification_id, Status.COMPOSED, {}, attempt=attempt, only_from=(Status.SENDING,))


def record_sent(notification_id: str, attempt: str, provider_message_id: str, now: datetime) -> bool:
    """SENDING → SENT with the provider's receipt."""
    values = {"provider_message_id": provider_message_id, "sent_at": _stamp(now)}
    return _move(notification_id, Status.SENT, values, attempt=attempt)


def record_refused(notification_id: str, reason: str) -> bool:
    """→ FAILED because of `reason`: no try can help."""
    return _move(notification_id, Status.FAILED, {"reason": reason})


def record_suppressed(notification_id: str, reason: str) -> bool:
    """COMPOSED → SUPPRESSED because of `reason`."""
    return _move(notification_id, Status.SUPPRESSED, {"reason": reason})


def settle(row: Notification, status: Status, reason: str | None, now: datetime) -> bool:
    """Close `row`, as it was read, with `status`. False where it changed meanwhile or is closed."""
    with aws_calls():
        try:
            _table().update_item(
                Key={"notification_id": row.notification_id},
                UpdateExpression="SET #status = :to, settled_at = :now" + (", reason = :reason" if reason else ""),
                ConditionExpression="#status = :read AND attribute_not_exists(settled_at)",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={":to": status.value, ":now": _stamp(now), ":read": row.status.value}
                | ({":reason": reason} if reason else {}),
            )
        except ClientError as error:
            _row_in_the_way(error)
            return False
    return True


def _move(
    notification_id: str,
    to: Status,
    values: Mapping[str, Any],
    attempt: str | None = None,
    only_from: tuple[Status, ...] = (),
) -> bool:
    """Set `to` and `values` where the row stands at a status that leads there, and was sent by `attempt` if given."""
    sources = only_from or ENTERED_FROM[to]
    allowed = {f":from{index}": source.value for index, source in enumerate(sources)}
    condition = f"#status IN ({', '.join(allowed)})"
    parameters: dict[str, Any] = {f":{name}": value for name, value in values.items()}
    if attempt is not None:
        condition, parameters = f"{condition} AND attempt = :attempt", parameters | {":attempt": attempt}
    with aws_calls():
        try:
            _table().update_item(
                Key={"notification_id": notification_id},
                UpdateExpression="SET " + ", ".join(["#status = :to", *(f"#{name} = :{name}" for name in values)]),
                ConditionExpression=condition,
                ExpressionAttributeNames={"#status": "status"} | {f"#{name}": name for name in values},
                ExpressionAttributeValues={":to": to.value} | allowed | parameters,
            )
        except ClientError as error:
            _row_in_the_way(error)
            return False
    return True


def _row_in_the_way(error: ClientError) -> dict[str, Any]:
    """The row, if the write asked for it, whose state refused a conditional write. Any other error is raised again."""
    if error_code(error) != "ConditionalCheckFailedException":
        raise error
    reader = TypeDeserializer()
    return {name: reader.deserialize(value) for name, value in error.response.get("Item", {}).items()}


def _stamp(moment: datetime) -> str:
    """`moment` to the millisecond, as text that stays the same when it is read and written again."""
    return to_text(moment.replace(microsecond=moment.microsecond // 1000 * 1000))


def _to_item(row: Notification) -> dict[str, Any]:
    item = row.model_dump(exclude_none=True)
    times = {name: _stamp(item[name]) for name in _TIMES if name in item}
    # As text: DynamoDB knows no float, and a message shows what the event said.
    return item | times | {"status": row.status.value, "data": json.dumps(row.data, ensure_ascii=False)}


def _from_item(item: Mapping[str, Any]) -> Notification:
    times = {name: from_text(item[name]) for name in _TIMES if item.get(name)}
    return Notification.model_validate({**item, **times, "data": json.loads(item["data"])})


def _table() -> Any:
    return table(settings.setting("NOTIFICATIONS_TABLE"))
