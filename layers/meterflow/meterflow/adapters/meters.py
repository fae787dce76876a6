"""The Meters table: registering and reading meters.

`latest`, `risk_level` and `open_reviews` are written by readings.settle alone, in the settling transaction (see
meter_marks), and `open_job` by jobs, each by its own attribute: nobody writes a whole row again.
"""

from typing import Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from meterflow import settings
from meterflow.adapters.aws import aws_calls, error_code, table
from meterflow.adapters.items import to_item
from meterflow.meter import Meter

OWNER_INDEX = "owner-index"


def _meters() -> Any:
    return table(settings.setting("METERS_TABLE"))


def get(meter_id: str) -> Meter | None:
    """The meter, read consistently, or None."""
    with aws_calls():
        answer = _meters().get_item(Key={"meter_id": meter_id}, ConsistentRead=True)
    return Meter.model_validate(answer["Item"]) if "Item" in answer else None


def put_new(meter: Meter) -> bool:
    """Register `meter`. False where its id is taken; nothing is changed then."""
    with aws_calls():
        try:
            _meters().put_item(Item=to_item(meter), ConditionExpression="attribute_not_exists(meter_id)")
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            return False
    return True


def list_by_owner(owner: str, limit: int, after: str | None = None) -> tuple[list[Meter], str | None]:
    """One page of an owner's meters by meter_id, and the meter_id to go on after (None at the end).

    The index lags writes by a moment.
    """
    request: dict[str, Any] = {
        "IndexName": OWNER_INDEX,
        "KeyConditionExpression": Key("owner").eq(owner),
        "Limit": limit,
    }
    if after:
        request["ExclusiveStartKey"] = {"owner": owner, "meter_id": after}
    with aws_calls():
        answer = _meters().query(**request)
    last = answer.get("LastEvaluatedKey")
    return [Meter.model_validate(item) for item in answer["Items"]], str(last["meter_id"]) if last else None
