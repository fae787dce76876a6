"""What the functions of estimation take and give."""

from typing import Annotated

from pydantic import Field

from meterflow.contracts import Contract
from meterflow.reading import Quality, Status


class SubmitEstimatesInput(Contract):
    """The schedule's event: the moment it stands for (RFC 3339), or now. `meter_ids` asks for these meters alone."""

    time: str | None = None
    meter_ids: tuple[Annotated[str, Field(max_length=64)], ...] = ()


class SubmitEstimatesResult(Contract):
    """How many meters were looked at, are without a reading for too long, were estimated, and could not be. MORE where
    time ran out before the last of them."""

    outcome: str = "SUBMITTED"
    looked_at: int
    due: int
    submitted: int
    without_estimate: int


class SettledReading(Contract):
    """The part of ReadingSettled's detail that scoring needs."""

    submission_id: str
    meter_id: str
    status: Status
    quality: Quality


class ScoreEstimatesInput(Contract):
    """The event ReadingSettled as EventBridge hands it over."""

    detail: SettledReading


class ScoreEstimatesResult(Contract):
    """The estimates that this true reading scored."""

    outcome: str = "SCORED"
    scored: tuple[str, ...] = ()
