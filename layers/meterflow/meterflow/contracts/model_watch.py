"""What the functions that watch the models take and give."""

from typing import Literal

from meterflow.alert import Reason
from meterflow.contracts import Contract
from meterflow.contracts.model_training import Kind


class AnsweredAlert(Contract):
    """The part of AlertAcknowledged's detail that learning needs."""

    alert_id: str
    reason: Reason


class KeepExampleInput(Contract):
    """The event AlertAcknowledged as EventBridge hands it over."""

    detail: AnsweredAlert


class KeepExampleResult(Contract):
    """KEPT, or NOTHING_TO_LEARN: an answer that says nothing, or a row that no model scored or nobody kept."""

    outcome: Literal["KEPT", "NOTHING_TO_LEARN"]
    example_id: str | None = None


class MeasureDriftInput(Contract):
    """The schedule's event: the moment it stands for (RFC 3339), or now; and the kinds to look at."""

    time: str | None = None
    kinds: tuple[Kind, ...] = ("leak", "energy", "fire")


class MeasuredDrift(Contract):
    """What was found for one kind. STABLE, DRIFTED (a training was started), TOO_LITTLE rows to say anything, or
    REFERENCE_KEPT: the first live days of a version are what the next ones are compared with."""

    kind: Kind
    version: str
    outcome: Literal["STABLE", "DRIFTED", "TOO_LITTLE", "REFERENCE_KEPT"]
    rows: int
    judged_rows: int = 0
    reasons: tuple[str, ...] = ()


class MeasureDriftResult(Contract):
    """One finding a kind."""

    outcome: Literal["MEASURED"] = "MEASURED"
    found: tuple[MeasuredDrift, ...]
