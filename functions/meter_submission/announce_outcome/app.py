"""AnnounceOutcome: tell the bus what became of a submission, and ask for a review where a person has to look.

Both events may be published again by a retry: listeners know the first by `event_id` and `submission_id`.
"""

from decimal import Decimal
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import review_audit, settings, settlement
from meterflow.adapters import bus, earlier_readings, meters, readings
from meterflow.contracts.meter_submission import AnnounceOutcomeInput, AnnounceOutcomeResult
from meterflow.errors import BrokenInvariant
from meterflow.observability import step
from meterflow.reading import Status


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Publish what the table holds, so that a late retry never tells what is no longer true."""
    request = AnnounceOutcomeInput.model_validate(event)
    reading = readings.get(request.submission_id)
    if not reading or reading.status == Status.PROCESSING:
        raise BrokenInvariant("a submission is announced before it is settled")
    meter = meters.get(reading.meter_id)
    told = []
    # The review first: should the next call fail, its retry repeats a request that the review's claim absorbs.
    share = Decimal(settings.setting("AUDIT_SHARE"))
    review = settlement.review_requested(reading, meter, review_audit.is_audited(reading, share))
    if review:
        bus.publish("ReviewRequested", review)
        told.append("ReviewRequested")
    bus.publish("ReadingSettled", settlement.reading_settled(reading, meter, reading.submission_id))
    told.append("ReadingSettled")
    told += earlier_readings.tell(reading, meter)
    return AnnounceOutcomeResult(
        submission_id=reading.submission_id,
        status=reading.status,
        quality=reading.quality,
        reasons=reading.reasons,
        events=tuple(told),
    ).payload()
