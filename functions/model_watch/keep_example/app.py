"""KeepExample: what somebody said of an alarm becomes a row to learn from, with what the model had seen.

Known work and "nobody was reached" say nothing of the model. An alarm about the sensor itself is none of its business.
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow.adapters import alerts, examples, score_samples
from meterflow.alert_label import RIGHT
from meterflow.contracts.model_watch import KeepExampleInput, KeepExampleResult
from meterflow.observability import step
from meterflow.training_data import KINDS, Example, truth_of


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Write the example once, by the alarm's name; the event again finds it there."""
    answered = KeepExampleInput.model_validate(event).detail
    alert = alerts.get(answered.alert_id)
    right = RIGHT[answered.reason]
    if alert is None or alert.acknowledgement is None or right is None or alert.taken_at is None:
        return KeepExampleResult(outcome="NOTHING_TO_LEARN").payload()
    row = score_samples.row(alert.sensor_id, alert.taken_at)
    if row is None or alert.subject not in KINDS or alert.alert_type == "SENSOR_FAULT":
        return KeepExampleResult(outcome="NOTHING_TO_LEARN").payload()
    example = Example(
        example_id=alert.alert_id,
        kind=alert.subject,
        sensor_id=alert.sensor_id,
        timestamp=alert.taken_at,
        zone=alert.facility_zone,
        cause=alert.alert_type.lower() if right else "quiet",
        features=row.features,
        truth=truth_of(alert.subject, alert.alert_type, right),
        probability=row.probabilities,
        model_version=alert.model_version or "",
        told_by=f"{alert.acknowledgement.role}: {answered.reason}",
        told_at=alert.acknowledgement.at,
    )
    examples.put(example)
    return KeepExampleResult(outcome="KEPT", example_id=example.example_id).payload()
