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
