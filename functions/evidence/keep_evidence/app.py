"""KeepEvidence: seal what is known of a settled value into a record that a third party can check.

It follows the event, so every way of settling has its evidence: the rules', a reviewer's, the next reading's.
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import evidence
from meterflow.adapters import evidence_records, meters, readings
from meterflow.contracts.evidence import KeepEvidenceInput, KeepEvidenceResult
from meterflow.observability import step
from meterflow.reading import Status


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Keep one record for each state that the value was in; a repeated event finds the record that says it."""
    submission_id = KeepEvidenceInput.model_validate(event).detail.submission_id
    row = readings.get(submission_id)
    found = evidence_records.newest(submission_id)
    # A value that never counted needs no proof; one that counted and was withdrawn keeps its chain.
    if row is None or (row.status != Status.ACCEPTED and found is None):
        return KeepEvidenceResult(outcome="NOT_ACCEPTED", submission_id=submission_id).payload()
    photo_sha256, alternatives = evidence_records.photo_proof(row.photo.photo_id if row.photo else None)
    before, tag = found or (None, None)

    def sealed(previous: str | None) -> dict[str, Any]:
        return evidence.record_of(
            row,
            meters.get(row.meter_id),
            photo_sha256=photo_sha256,
            alternatives=alternatives,
            previous_sha256=previous,
        )

    if before and before["sha256"] == sealed(before["previous_sha256"])["sha256"]:
        return KeepEvidenceResult(outcome="SAME", submission_id=submission_id, sha256=before["sha256"]).payload()
    record = sealed(before["sha256"] if before else None)
    evidence_records.put(record, tag)
    return KeepEvidenceResult(outcome="KEPT", submission_id=submission_id, sha256=record["sha256"]).payload()
