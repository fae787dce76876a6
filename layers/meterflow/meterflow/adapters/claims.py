"""Conditional claims: whoever writes the row first does the effect."""

from datetime import datetime, timedelta

from botocore.exceptions import ClientError

from meterflow import settings
from meterflow.adapters.aws import aws_calls, error_code, table
from meterflow.clock import to_text


def take(claim_key: str, holder: str, now: datetime, keep: timedelta = timedelta(days=90)) -> str:
    """Claim `claim_key` for `holder` and return who holds it: `holder`, or whoever came first.

    Taking a claim that one holds already succeeds, so a retried step goes on. The row expires `keep` after `now`.
    Raises TransientError on an outage.
    """
    with aws_calls():
        try:
            table(settings.setting("CLAIMS_TABLE")).put_item(
                Item={
                    "claim_key": claim_key,
                    "holder": holder,
                    "claimed_at": to_text(now),
                    "expires_at": int((now + keep).timestamp()),
                },
                ConditionExpression="attribute_not_exists(claim_key) OR holder = :holder",
                ExpressionAttributeValues={":holder": holder},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            # The failed put hands back the row that stood in its way, in DynamoDB's typed form.
            return str(error.response["Item"]["holder"]["S"])
    return holder


def lease(claim_key: str, holder: str, now: datetime, lasts: timedelta, keep: timedelta = timedelta(days=90)) -> str:
    """Claim `claim_key` for `holder` until `now` + `lasts`, and return who holds it.

    For work that may be begun anew after its holder died: a lease that has ended, or was given back, is free. Taking
    one's own again renews it. Raises TransientError on an outage.
    """
    with aws_calls():
        try:
            table(settings.setting("CLAIMS_TABLE")).put_item(
                Item={
                    "claim_key": claim_key,
                    "holder": holder,
                    "claimed_at": to_text(now),
                    "leased_until": int((now + lasts).timestamp()),
                    "expires_at": int((now + keep).timestamp()),
                },
                ConditionExpression="attribute_not_exists(claim_key) OR holder = :holder OR leased_until < :now",
                ExpressionAttributeValues={":holder": holder, ":now": int(now.timestamp())},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            return str(error.response["Item"]["holder"]["S"])
    return holder


def give_back(claim_key: str, holder: str) -> None:
    """End a lease of `holder`; nothing happens where somebody else has it."""
    with aws_calls():
        try:
            table(settings.setting("CLAIMS_TABLE")).update_item(
                Key={"claim_key": claim_key},
                UpdateExpression="SET leased_until = :ended",
                ConditionExpression="holder = :holder",
                ExpressionAttributeValues={":holder": holder, ":ended": 0},
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
