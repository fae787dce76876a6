"""What the function that keeps evidence takes and gives."""

from typing import Literal

from meterflow.contracts import Contract
from meterflow.reading import Status


class SettledSubmission(Contract):
    """The part of ReadingSettled's detail that evidence needs."""

    submission_id: str
    status: Status


class KeepEvidenceInput(Contract):
    """The event ReadingSettled as EventBridge hands it over."""

    detail: SettledSubmission


class KeepEvidenceResult(Contract):
    """KEPT, SAME where the newest record says it already, or NOT_ACCEPTED where there is no value to prove."""

    outcome: Literal["KEPT", "SAME", "NOT_ACCEPTED"]
    submission_id: str
    sha256: str | None = None
