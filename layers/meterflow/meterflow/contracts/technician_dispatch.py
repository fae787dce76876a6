"""What the steps of technician_dispatch take and give, and what its API routes read."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from meterflow.assignment import PassedOver
from meterflow.contracts import Contract
from meterflow.meter import METER_ID_PATTERN
from meterflow.reading import VALUE_PATTERN
from meterflow.risk import RiskLevel
from meterflow.work_order import Cause, EscalationReason, JobStatus

LONGEST_REASON = 500
LONGEST_NOTE = 1000

Id = Annotated[str, StringConstraints(min_length=1, max_length=200)]


def _shortened(value: object) -> object:
    """A reason that is too long is cut: it must not cost a job."""
    return value[:LONGEST_REASON] if isinstance(value, str) else value


# Control characters but the line break, foreign line ends, and what turns the direction of text round. No-break spaces
# and the joiners inside an emoji are what phones type by themselves, so they stay.
_CONTROL = re.compile("[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """Refuse control characters, which no person types and some screens obey; a line break is allowed."""
    if _CONTROL.search(text):
        raise ValueError("holds control characters")
    return text


class DispatchRequested(Contract):
    """The workflow's input. `job_key` names the need for a job: asked for twice, it is one job."""

    job_key: Id
    cause: Cause
    meter_id: Annotated[str, StringConstraints(pattern=METER_ID_PATTERN)]
    risk_level: RiskLevel
    reason: Annotated[str, BeforeValidator(_shortened)] = ""
    submission_id: Id | None = None


class CreateJobInput(DispatchRequested):
    """The request and `holder`, the name of the execution that wants to own the job."""

    holder: Id


class CreateJobResult(Contract):
    """CREATED: this execution owns the job. ALREADY: another does."""

    outcome: Literal["CREATED", "ALREADY"]
    job_id: str
    status: JobStatus


class JobStep(Contract):
    """What every later step takes."""

    job_id: Id


class ChooseTechnicianInput(JobStep):
    """The job to find somebody for."""


class ChooseTechnicianResult(Contract):
    """CHOSEN: ask this person. NOBODY is left to ask. CLOSED: there is nothing to do any more."""

    outcome: Literal["CHOSEN", "NOBODY", "CLOSED"]
    job_id: str
    status: JobStatus
    technician_id: str | None = None
    why: str = ""
    passed_over: tuple[PassedOver, ...] = ()


class OfferJobInput(JobStep):
    """The choice, the wait's token and the time that the person has. `holder` is the execution's name."""

    technician_id: Id
    why: str = ""
    passed_over: tuple[PassedOver, ...] = ()
    holder: Id
    task_token: Annotated[str, Field(min_length=1, max_length=2048, repr=False)]
    deadline_seconds: Annotated[int, Field(gt=0)]


class OfferJobResult(Contract):
    """OFFERED: the person was told. ANSWERED: the answer is known already. CLOSED: not this execution's to offer."""

    outcome: Literal["OFFERED", "ANSWERED", "CLOSED"]


class RecordAnswerInput(JobStep):
    """What the wait brought: an answer, SILENT where none came, CLOSED where the offer could not be made."""

    technician_id: Id
    answer: Literal["ACCEPTED", "DECLINED", "SILENT", "CLOSED"]


class RecordAnswerResult(Contract):
    """What the job's row says, which is what counts. `status` is what AnnounceJob has to tell of."""

    outcome: Literal["ACCEPTED", "DECLINED", "SILENT", "CLOSED"]
    job_id: str
    status: JobStatus


class EscalateJobInput(JobStep):
    """Why operators have to look at the job."""

    escalation: EscalationReason


class EscalateJobResult(Contract):
    """ESCALATED: operators are told. COMPLETED: the work was reported in the same moment. CLOSED: nothing to do."""

    outcome: Literal["ESCALATED", "COMPLETED", "CLOSED"]
    job_id: str
    status: JobStatus
    escalation: EscalationReason


class AwaitCompletionInput(JobStep):
    """The wait's token."""

    task_token: Annotated[str, Field(min_length=1, max_length=2048, repr=False)]


class AwaitCompletionResult(Contract):
    """WAITING for the technician. COMPLETED: the report is there already. CLOSED: nothing to wait for."""

    outcome: Literal["WAITING", "COMPLETED", "CLOSED"]


class CloseJobInput(JobStep):
    """The job whose work is reported."""


class CloseJobResult(Contract):
    """DONE, or CLOSED where the job was cancelled meanwhile."""

    outcome: Literal["DONE", "CLOSED"]
    job_id: str
    status: JobStatus


class AnnounceJobInput(JobStep):
    """What to tell of the job."""

    status: JobStatus


class AnnounceJobResult(Contract):
    """TOLD: the event is on the bus. NO_CUSTOMER: nobody owns the meter, so there is nobody to tell."""

    outcome: Literal["TOLD", "NO_CUSTOMER"]
    job_id: str
    status: JobStatus


class CompletionBody(BaseModel):
    """The body of POST /jobs/{job_id}/complete. A note is plain text: whoever shows it escapes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: Annotated[str, StringConstraints(pattern=VALUE_PATTERN)] | None = None
    photo_key: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9/_.-]{0,511}$")] | None = None
    note: Annotated[str, StringConstraints(max_length=LONGEST_NOTE), AfterValidator(clean)] | None = None
