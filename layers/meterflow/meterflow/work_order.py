"""Work orders: what has to be done at which meter by when, who was asked, and who does it.

        ┌──── declined, silent ────┐
        ▼                          │
      OPEN ──► OFFERED ────────────┤──► ACCEPTED ──► DONE
        │         │                       │  │         ▲
        └─────────┼────────► ESCALATED ◄──┘  │         │
                  │         (nobody; late)   │         │
                  │              └───────────┼─────────┘
                  └──────────────► CANCELLED ◄┘

A late job is ESCALATED and stays with its technician, who may be in a cellar: it is never given to a second person.
The row decides who won: every change is a pure function of the job as it stands (see offers.py and completion.py),
and it is written only where the row has not moved meanwhile.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, PlainSerializer

from meterflow import clock, ids
from meterflow.assignment import PassedOver
from meterflow.errors import BrokenInvariant
from meterflow.meter import Location, Meter, MeterKind
from meterflow.risk import RiskLevel

Moment = Annotated[datetime, PlainSerializer(clock.to_text)]
Cause = Literal["anomaly", "review", "manual"]


class JobStatus(StrEnum):
    """Where a work order stands."""

    OPEN = "OPEN"
    OFFERED = "OFFERED"
    ACCEPTED = "ACCEPTED"
    DONE = "DONE"
    ESCALATED = "ESCALATED"
    CANCELLED = "CANCELLED"


NEXT: Mapping[JobStatus, frozenset[JobStatus]] = {
    JobStatus.OPEN: frozenset({JobStatus.OFFERED, JobStatus.ESCALATED, JobStatus.CANCELLED}),
    JobStatus.OFFERED: frozenset({JobStatus.OPEN, JobStatus.ACCEPTED, JobStatus.CANCELLED}),
    JobStatus.ACCEPTED: frozenset({JobStatus.DONE, JobStatus.ESCALATED, JobStatus.CANCELLED}),
    JobStatus.ESCALATED: frozenset({JobStatus.DONE, JobStatus.CANCELLED}),
    JobStatus.DONE: frozenset(),
    JobStatus.CANCELLED: frozenset(),
}
CLOSED = frozenset({JobStatus.DONE, JobStatus.CANCELLED})

# From the request until the work is done. The leak document gives one limit, five minutes to respond to a CRITICAL
# alert in a CRITICAL zone (section 2.6.2); the time on site is a utility's own, and these are our defaults.
SLA: Mapping[RiskLevel, timedelta] = {
    "CRITICAL": timedelta(hours=4),
    "HIGH": timedelta(hours=24),
    "MEDIUM": timedelta(hours=72),
    "LOW": timedelta(days=7),
}


class Answer(StrEnum):
    """What became of an offer."""

    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    SILENT = "SILENT"


class EscalationReason(StrEnum):
    """Why operators have to look at a job."""

    NOBODY = "NOBODY"  # nobody is left to ask
    LATE = "LATE"  # accepted, and not done in time
    ABANDONED = "ABANDONED"  # late, and the last deadline has passed too: the machine waits no more
    FAULT = "FAULT"  # a step failed for good: dispatch stands still


class Offer(BaseModel):
    """One person asked once. `answer` is None while the offer stands."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    number: int
    technician_id: str
    why: str
    passed_over: tuple[PassedOver, ...] = ()
    offered_at: Moment
    expires_at: Moment
    answer: Answer | None = None
    answered_at: Moment | None = None


class Escalation(BaseModel):
    """Operators were told, and why."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    reason: EscalationReason
    at: Moment


class Completion(BaseModel):
    """What the technician reports. `value` is a meter reading as a decimal string in the meter's unit."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    value: str | None = None
    photo_key: str | None = None
    note: str | None = None
    completed_at: Moment


class WorkOrder(BaseModel):
    """One job. `due_at` is its SLA deadline; `holder` is the execution that owns it; `offers` is oldest first.

    `technician_id` is who the job is offered to or who does or did it, and None while nobody is asked. The
    table's row leaves out an empty `reason`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    job_id: str
    job_key: str
    holder: str
    cause: Cause
    submission_id: str | None = None
    meter_id: str
    customer_id: str | None = None
    kind: MeterKind
    skill: str
    zone: str
    location: Location
    risk_level: RiskLevel
    reason: str = ""
    status: JobStatus = JobStatus.OPEN
    technician_id: str | None = None
    created_at: Moment
    updated_at: Moment
    due_at: Moment
    offers: tuple[Offer, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    completion: Completion | None = None

    @property
    def last_offer(self) -> Offer | None:
        """The newest offer."""
        return self.offers[-1] if self.offers else None

    @property
    def asked(self) -> frozenset[str]:
        """Everyone who was asked, whatever they answered."""
        return frozenset(offer.technician_id for offer in self.offers)

    @property
    def assigned_to(self) -> str | None:
        """The technician whose load this job counts in: accepted, and neither done nor cancelled."""
        return self.technician_id if self.status in (JobStatus.ACCEPTED, JobStatus.ESCALATED) else None

    def escalated_for(self, reason: EscalationReason) -> bool:
        """Whether operators were told for `reason`."""
        return any(one.reason == reason for one in self.escalations)

    def event_id(self, what: str) -> str:
        """The id of the event that says `what` of this job: the same however often the step is run again.

        The number of offers is part of it, so that a job which reopens one day can say the same thing again.
        """
        return ids.derived_id("job-event", self.job_id, what, str(len(self.offers)))


class Verdict(StrEnum):
    """What a wish to change a job came to. Only APPLIED changes what others see."""

    APPLIED = "APPLIED"
    REPEATED = "REPEATED"  # it was so already: the same wish once more
    NOT_YOURS = "NOT_YOURS"  # this person was never asked
    LATE = "LATE"  # the offer has expired
    ANSWERED = "ANSWERED"  # answered before, otherwise
    CLOSED = "CLOSED"  # done, cancelled, or somebody else's by now
    NOT_ACCEPTED = "NOT_ACCEPTED"  # asked, but has not said yes


@dataclass(frozen=True)
class Change:
    """A verdict and the job after it. `waits` names the wait whose task token is to be kept, if a machine waits now."""

    verdict: Verdict
    job: WorkOrder
    waits: str | None = None


def job_id(job_key: str) -> str:
    """The id of the job that `job_key` names."""
    return ids.derived_id("job", job_key)


def skill_for(kind: MeterKind) -> str:
    """The skill that work on a meter of `kind` needs: the licence of that trade, named as the kind."""
    return kind.value


def new_job(
    job_key: str,
    cause: Cause,
    meter: Meter,
    risk_level: RiskLevel,
    reason: str,
    holder: str,
    now: datetime,
    submission_id: str | None = None,
) -> WorkOrder:
    """The job that `job_key` asks for at `meter`, owned by the execution `holder`."""
    return WorkOrder(
        job_id=job_id(job_key), job_key=job_key, holder=holder, cause=cause, submission_id=submission_id,
        meter_id=meter.meter_id, customer_id=meter.owner or None, kind=meter.kind, skill=skill_for(meter.kind),
        zone=meter.zone, location=meter.location, risk_level=risk_level, reason=reason,
        created_at=now, updated_at=now, due_at=now + SLA[risk_level],
    )  # fmt: skip


def moved(job: WorkOrder, status: JobStatus, now: datetime, **fields: Any) -> WorkOrder:
    """`job` in `status`, with `fields` changed. Raises BrokenInvariant where no such step exists."""
    if status not in NEXT[job.status]:
        raise BrokenInvariant(f"a job cannot go from {job.status} to {status}")
    return job.model_copy(update={"status": status, "updated_at": now, **fields})
