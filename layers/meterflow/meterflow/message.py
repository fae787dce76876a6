"""One message to one person about one event, and the ledger row that makes it go out once.

    CLAIMED ──► COMPOSED ──► SENDING ──► SENT
       │           │  ▲         │  │
       │           │  └─────────┘  ├──► FAILED      the provider refused, or an outage outlasted every retry
       │           │  not sent,    └──► UNCERTAIN   handed over, answer lost: never sent a second time
       ▼           ▼  try again
    SUPPRESSED  SUPPRESSED / FAILED

Every promise ends as SENT, SUPPRESSED, FAILED or UNCERTAIN. SENDING is written before the provider is called and left
only by whoever wrote it, so a retry that finds it knows that somebody may have sent already.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, model_validator

from meterflow.preferences import Channel

Topic = Literal["reading_settled", "job_changed", "job_offered", "job_escalated", "review_escalated"]
TOPICS: tuple[Topic, ...] = get_args(Topic)

# An execution may run for ten minutes; after a quarter of an hour nobody holds a claim any more.
CLAIM_LEASE = timedelta(minutes=15)

# Why a row is FAILED although no provider refused it: an outage or a bug. Such a row may be claimed again.
NOT_SENT = "not_sent"


class Status(StrEnum):
    """Where a promise stands."""

    CLAIMED = "CLAIMED"
    COMPOSED = "COMPOSED"
    SENDING = "SENDING"
    SENT = "SENT"
    SUPPRESSED = "SUPPRESSED"
    FAILED = "FAILED"
    UNCERTAIN = "UNCERTAIN"


# From which statuses each may be entered. The ledger turns these into conditions of its writes.
ENTERED_FROM: Mapping[Status, tuple[Status, ...]] = {
    Status.CLAIMED: (Status.FAILED,),
    Status.COMPOSED: (Status.CLAIMED, Status.SENDING),
    Status.SENDING: (Status.COMPOSED,),
    # A first attempt that was thought lost may still come back with the provider's receipt.
    Status.SENT: (Status.SENDING, Status.UNCERTAIN),
    Status.SUPPRESSED: (Status.COMPOSED,),
    Status.FAILED: (Status.CLAIMED, Status.COMPOSED, Status.SENDING),
    Status.UNCERTAIN: (Status.SENDING,),
}


class Message(BaseModel):
    """The text of a message in every form that a channel may need. Each form ends with the reference."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    event_id: str
    subject: str
    text: str
    html: str
    sms: str

    @model_validator(mode="after")
    def _ends_with_reference(self) -> "Message":
        ref = reference(self.event_id)
        for part in ("text", "sms"):
            if not getattr(self, part).endswith(ref):
                raise ValueError(f"{part} does not end with its reference")
        if not _visible(self.html).endswith(ref):
            raise ValueError("html does not end with its reference")
        if not self.subject or "\n" in self.subject:
            raise ValueError("subject is not one line")
        return self


class Notification(BaseModel):
    """One row of the ledger: a promise, who holds it and what became of it. It holds no address.

    `holder` is the execution that works on it, `attempt` the try that wrote SENDING. `reason` says in one code why it
    is SUPPRESSED or FAILED.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    notification_id: str
    event_id: str
    topic: Topic
    recipient: str
    channel: Channel
    locale: str
    status: Status
    data: dict[str, Any]
    holder: str
    claimed_at: datetime
    created_at: datetime
    message: Message | None = None
    attempt: str | None = None
    provider_message_id: str | None = None
    reason: str | None = None
    sent_at: datetime | None = None
    settled_at: datetime | None = None


def reference(event_id: str) -> str:
    """The words that every message ends with, by which a person and we find the event: `Ref 3f2a9c11`."""
    return f"Ref {event_id[:8]}"


def may_take_over(row: Notification, holder: str, now: datetime) -> bool:
    """Whether `holder` may work on a promise that is claimed already.

    Yes where it is its own and unfinished (a retried or redriven step), where the holder fell silent for longer than
    an execution can run, and where an outage left it unsent. Otherwise somebody else is at it or it is done. Taking
    over is safe in any case: only one write can lead from COMPOSED to SENDING.
    """
    if row.status is Status.FAILED and row.reason == NOT_SENT:
        return True
    if row.settled_at is not None:
        return False
    return row.holder == holder or now - row.claimed_at > CLAIM_LEASE


def final_status(status: Status) -> Status:
    """What a promise ends as when its execution ends with it at `status`.

    Nothing went out before SENDING, so that is FAILED; SENDING means that the answer was lost.
    """
    if status in (Status.CLAIMED, Status.COMPOSED):
        return Status.FAILED
    return Status.UNCERTAIN if status is Status.SENDING else status


def _visible(html: str) -> str:
    """The text of `html` without its tags, for the check of its end."""
    return re.sub(r"<[^>]*>", "", html).strip()
