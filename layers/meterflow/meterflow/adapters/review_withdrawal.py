"""Ending a review that nobody has to decide any more, because the meter's next reading settled what it was about."""

from botocore.exceptions import ClientError

from meterflow.adapters.aws import aws_calls
from meterflow.adapters.reviews import PENDING_REVIEW
from meterflow.adapters.validation_results import COMPARED, results, row_in_the_way, submission_key


def withdraw(submission_id: str) -> str | None:
    """Take a pending review out of the queue and return the token that its machine waits on.

    The row goes back to COMPARED and keeps its token, so that a repeated call answers the same; None where there is no
    review, or a person decided it first.
    """
    with aws_calls():
        try:
            answer = results().update_item(
                Key={"result_id": submission_key(submission_id)},
                UpdateExpression="SET #status = :compared REMOVE ranking",
                ConditionExpression="#status = :pending OR (#status = :compared AND attribute_exists(task_token))",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={":compared": COMPARED, ":pending": PENDING_REVIEW},
                ReturnValues="ALL_NEW",
            )
        except ClientError as error:
            row_in_the_way(error)
            return None
    token = answer["Attributes"].get("task_token")
    return str(token) if token else None
