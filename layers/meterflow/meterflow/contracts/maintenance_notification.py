"""What the steps of maintenance_notification take and give.

The state carries ids and an outcome. What the message says, and to whom, is in the ledger and in the customers' table.
`data` is read by the model of its topic, which keeps only the fields named here: nothing personal can slip in.
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, field_validator

from meterflow.contracts import Contract
from meterflow.message import Topic

LONGEST_LINE = 200


def _one_line(value: Any) -> Any:
    """Short and without a line break, which could start a header. An odd value must not cost a message."""
    if isinstance(value, str):
        return " ".join(value.split())[:LONGEST_LINE]
    return "" if value is None else value


Line = Annotated[str, BeforeValidator(_one_line)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\s]+$")]


class ReadingSettledData(Contract):
    """A submission and what was decided. `value` and `unit` are shown; `reasons` are codes."""

    submission_id: Id
    meter_id: Line
    status: Literal["ACCEPTED", "REJECTED", "NEEDS_REVIEW"]
    value: Line = ""
    unit: Line = ""
    kind: Line = ""
    quality: Line = ""
    taken_at: Line = ""
    reasons: list[Line] = Field(default_factory=list, max_length=20)
    risk_level: Line = ""

    @field_validator("reasons", mode="before")
    @classmethod
    def _no_reasons(cls, value: Any) -> Any:
        return [] if value is None else value


class JobChangedData(Contract):
    """A work order of the customer's meter and its new status."""

    job_id: Id
    meter_id: Line
    status: Id


class JobOfferedData(Contract):
    """A work order that a technician may take, until `expires_at`."""

    job_id: Id
    meter_id: Line
    risk_level: Line = ""
    reason: Line = ""
    expires_at: Line = ""


class JobEscalatedData(Contract):
    """A work order that operators have to look at; `reason` is a code (work_order.EscalationReason)."""

    job_id: Id
    meter_id: Line
    reason: Line


class ReviewEscalatedData(Contract):
    """A review that nobody has decided in time (`reason` OVERDUE), or over which two people disagree (DISAGREED)."""

    submission_id: Id
    meter_id: Line
    reason: Line = "OVERDUE"


DATA_OF: dict[Topic, type[Contract]] = {
    "reading_settled": ReadingSettledData,
    "job_changed": JobChangedData,
    "job_offered": JobOfferedData,
    "job_escalated": JobEscalatedData,
    "review_escalated": ReviewEscalatedData,
}


class ClaimMessageInput(Contract):
    """An event worth telling somebody. `event_id` and `recipient` name the promise; `execution_id` who works on it."""

    event_id: Annotated[Id, StringConstraints(min_length=8)]
    topic: Topic
    recipient: Id
    data: dict[str, Any]
    execution_id: str

    def facts(self) -> dict[str, Any]:
        """The topic's own fields of `data`. Raises pydantic.ValidationError where one is missing or malformed."""
        return DATA_OF[self.topic].model_validate(self.data).payload()


class NotificationStep(Contract):
    """What every later step takes."""

    notification_id: str
    event_id: str
    topic: Topic


class ClaimMessageResult(NotificationStep):
    """CLAIMED: go on. SUPPRESSED: the recipient does not want it. ALREADY: somebody did it or is at it."""

    outcome: Literal["CLAIMED", "SUPPRESSED", "ALREADY"]


class ComposeMessageInput(NotificationStep):
    """A claimed promise."""


class ComposeMessageResult(NotificationStep):
    """The text is in the ledger."""

    outcome: Literal["COMPOSED"] = "COMPOSED"


class SendMessageInput(NotificationStep):
    """A composed promise; `attempt` names this try: the execution and its retry count."""

    attempt: str


class SendMessageResult(NotificationStep):
    """SENT: the provider took it. FAILED: refused. UNCERTAIN: handed over, answer lost. SUPPRESSED: not wanted now."""

    outcome: Literal["SENT", "FAILED", "UNCERTAIN", "SUPPRESSED"]


class SettleMessageInput(NotificationStep):
    """A promise at its end. ERROR: a step failed for good, and the ledger says how far it came."""

    outcome: Literal["SENT", "FAILED", "UNCERTAIN", "SUPPRESSED", "ERROR"]


class SettleMessageResult(NotificationStep):
    """What the promise ended as."""

    outcome: Literal["SENT", "FAILED", "UNCERTAIN", "SUPPRESSED"]
