"""ClaimMessage: promise one message to one recipient about one event, once, or find the promise made already."""

from typing import Any, Literal

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock, ids
from meterflow.adapters import customers, ledger
from meterflow.contracts.maintenance_notification import ClaimMessageInput, ClaimMessageResult
from meterflow.message import Notification, Status, may_take_over
from meterflow.observability import metrics, step
from meterflow.preferences import channel_for, is_suppressed, locale_for

Outcome = Literal["CLAIMED", "SUPPRESSED", "ALREADY"]


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Write the promise under a name that only this event and recipient have, then say whether to go on."""
    request = ClaimMessageInput.model_validate(event)
    row = new_promise(request)
    there = ledger.add(row)
    if there is not None:
        outcome = resume(there, request.execution_id)
    elif row.status is Status.SUPPRESSED:
        metrics.add_metric(name="MessageSuppressed", unit=MetricUnit.Count, value=1)
        outcome = "SUPPRESSED"
    else:
        outcome = "CLAIMED"
    return ClaimMessageResult(
        notification_id=row.notification_id, event_id=request.event_id, topic=request.topic, outcome=outcome
    ).payload()


def new_promise(request: ClaimMessageInput) -> Notification:
    """The row as it is first written. A topic that the recipient turned off is a row as well, closed at once."""
    recipient = customers.find(request.recipient)
    suppressed = is_suppressed(recipient.preferences, request.topic)
    now = clock.now()
    return Notification(
        notification_id=ids.derived_id(request.event_id, request.recipient),
        event_id=request.event_id,
        topic=request.topic,
        recipient=request.recipient,
        channel=channel_for(recipient, request.topic),
        locale=locale_for(recipient.preferences),
        status=Status.SUPPRESSED if suppressed else Status.CLAIMED,
        data=request.facts(),
        holder=request.execution_id,
        claimed_at=now,
        created_at=now,
        reason="topic_off" if suppressed else None,
        settled_at=now if suppressed else None,
    )


def resume(there: Notification, execution_id: str) -> Outcome:
    """Go on with a promise that stands already where it is ours, abandoned or left unsent by an outage."""
    now = clock.now()
    if may_take_over(there, execution_id, now) and ledger.take_over(there, execution_id, now):
        return "CLAIMED"
    return "ALREADY"
