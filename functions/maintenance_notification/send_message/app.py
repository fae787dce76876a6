"""SendMessage: hand a composed message to its provider once, and write down what came of it.

SENDING is written before the call and left only by this attempt. A retry that finds it knows that an earlier attempt
may have sent, and sends nothing: no receipt is at hand that could tell.
"""

from typing import Any, Literal

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock
from meterflow.adapters import customers, ledger, messaging
from meterflow.contracts.maintenance_notification import SendMessageInput, SendMessageResult
from meterflow.errors import MeterflowError, TransientError
from meterflow.message import Notification, Status
from meterflow.observability import step
from meterflow.preferences import is_suppressed

Outcome = Literal["SENT", "FAILED", "UNCERTAIN", "SUPPRESSED"]

KNOWN_OUTCOMES: dict[Status, Outcome] = {
    Status.SENT: "SENT",
    Status.FAILED: "FAILED",
    Status.SUPPRESSED: "SUPPRESSED",
    Status.SENDING: "UNCERTAIN",
    Status.UNCERTAIN: "UNCERTAIN",
}


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Send where nobody has begun to, else report what the earlier attempt came to."""
    request = SendMessageInput.model_validate(event)
    row = ledger.read(request.notification_id)
    outcome = KNOWN_OUTCOMES[row.status] if row.status in KNOWN_OUTCOMES else send(row, request.attempt)
    return SendMessageResult(
        notification_id=row.notification_id, event_id=row.event_id, topic=row.topic, outcome=outcome
    ).payload()


def send(row: Notification, attempt: str) -> Outcome:
    """Read the address and the wish of this moment, take the right to send, send, and record the answer."""
    recipient = customers.find(row.recipient)
    if is_suppressed(recipient.preferences, row.topic):
        ledger.record_suppressed(row.notification_id, "topic_off")
        return "SUPPRESSED"
    address = recipient.address(row.channel)
    if not address:
        ledger.record_refused(row.notification_id, "no_address")
        return "FAILED"
    if row.message is None or not ledger.begin_sending(row.notification_id, attempt):
        raise TransientError("the promise is not composed, or moved on while it was read")
    try:
        delivery = (messaging.send_email if row.channel == "email" else messaging.send_sms)(address, row.message)
    except MeterflowError:
        # Certainly not taken: another try, or another execution, may send.
        ledger.release(row.notification_id, attempt)
        raise
    match delivery:
        case messaging.Accepted(provider_message_id):
            ledger.record_sent(row.notification_id, attempt, provider_message_id, clock.now())
            return "SENT"
        case messaging.Refused(reason):
            ledger.record_refused(row.notification_id, reason)
            return "FAILED"
        case _:
            return "UNCERTAIN"
