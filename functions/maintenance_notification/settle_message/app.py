"""SettleMessage: close a promise with what became of it, count it once, and leave nothing half done."""

from typing import Any, Literal, cast

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock
from meterflow.adapters import ledger
from meterflow.contracts.maintenance_notification import SettleMessageInput, SettleMessageResult
from meterflow.errors import TransientError
from meterflow.message import NOT_SENT, Notification, Status, final_status
from meterflow.observability import metrics, step

Outcome = Literal["SENT", "FAILED", "UNCERTAIN", "SUPPRESSED"]


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Trust the ledger, not the state: it says how far the promise came, whatever step failed."""
    request = SettleMessageInput.model_validate(event)
    row = ledger.read(request.notification_id)
    status = final_status(row.status)
    if row.settled_at is None:
        unsent = status is Status.FAILED and row.status is not Status.FAILED
        if not ledger.settle(row, status, NOT_SENT if unsent else None, clock.now()):
            raise TransientError("the promise changed while it was being settled")
        count(row, status)
    return SettleMessageResult(
        notification_id=row.notification_id,
        event_id=row.event_id,
        topic=row.topic,
        outcome=cast(Outcome, status.value),
    ).payload()


def count(row: Notification, status: Status) -> None:
    """One metric a promise: MessageSent, MessageFailed, MessageUncertain or MessageSuppressed; and the time it took."""
    metrics.add_metric(name=f"Message{status.value.title()}", unit=MetricUnit.Count, value=1)
    if row.sent_at is not None:
        took = (row.sent_at - row.created_at).total_seconds() * 1000
        metrics.add_metric(name="MessageHandedOver", unit=MetricUnit.Milliseconds, value=took)
