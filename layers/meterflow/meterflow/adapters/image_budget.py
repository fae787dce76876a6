"""The month's counter of paid images: a claim before each call, so that calls at once never exceed the budget.

A row in Claims, `spend#rekognition#2026-11`. One attempt is one image: a process that dies between claim and call has
spent it, which errs on the side of the budget. Only a call that the service itself refused is given back.
"""

from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from meterflow import settings
from meterflow.adapters.aws import aws_calls, table
from meterflow.adapters.validation_results import row_in_the_way
from meterflow.spending import kept_until, month_of


def _rows() -> Any:
    return table(settings.setting("CLAIMS_TABLE"))


def claim_image(most: int, now: datetime) -> int | None:
    """Count one image of this month and return how many there are now; None where `most` are counted already.

    Raises TransientError on an outage: then nothing may be paid either.
    """
    if most <= 0:
        return None
    with aws_calls():
        try:
            answer = _rows().update_item(
                Key={"claim_key": _key(now)},
                UpdateExpression="ADD images :one SET expires_at = :forget",
                ConditionExpression="attribute_not_exists(images) OR images < :most",
                ExpressionAttributeValues={":one": 1, ":most": most, ":forget": int(kept_until(now).timestamp())},
                ReturnValues="UPDATED_NEW",
            )
        except ClientError as error:
            row_in_the_way(error)
            return None
    return int(answer["Attributes"]["images"])


def give_back(now: datetime) -> None:
    """Take back one image of the month of `now`: the service refused the call and bills nothing."""
    with aws_calls():
        try:
            _rows().update_item(
                Key={"claim_key": _key(now)},
                UpdateExpression="ADD images :less",
                ConditionExpression="images > :none",
                ExpressionAttributeValues={":less": -1, ":none": 0},
            )
        except ClientError as error:
            row_in_the_way(error)


def _key(now: datetime) -> str:
    return f"spend#rekognition#{month_of(now)}"
