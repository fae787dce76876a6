"""What the API says of an alarm and takes as its answer, by who asks.

Operators get what the model said, technicians what helps on site, customers their own words. Sentences are plain text:
a page that shows one escapes it.
"""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from meterflow.alert import Alert, AlertStatus, Reason, RecentReading
from meterflow.alert_types import AlertType
from meterflow.contracts import Contract
from meterflow.contracts.technician_dispatch import clean
from meterflow.explanation import Audience, sentence
from meterflow.risk import RiskLevel

LONGEST_COMMENT = 500


class AcknowledgeBody(BaseModel):
    """An answer to an alarm. The comment is for the utility's people."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    reason: Reason
    comment: Annotated[str, StringConstraints(max_length=LONGEST_COMMENT), AfterValidator(clean)] = ""


class AcknowledgementView(Contract):
    """An answer as it is shown; `by` and `comment` only to operators and to who gave it."""

    reason: Reason
    at: str
    role: str
    by: str | None = None
    comment: str | None = None


class AlertView(Contract):
    """What everybody sees of an alarm. `reason` is the sentence in the reader's words; `chart` are links by ending."""

    alert_id: str
    meter_id: str
    status: AlertStatus
    severity: RiskLevel
    alert_type: AlertType
    raised_at: str
    taken_at: str | None = None
    reason: str
    chart: dict[str, str] | None = None
    acknowledgement: AcknowledgementView | None = None


class TechnicianAlertView(AlertView):
    """Also where, which way it goes, within what time, and who stands nearby."""

    location: str
    facility_zone: str
    trend: str
    time_limit: str
    recent_readings: tuple[RecentReading, ...] = ()
    nearby_sensors: tuple[str, ...] = ()


class OperatorAlertView(TechnicianAlertView):
    """Also what the model said, who is to be asked, and how often nobody answered before."""

    score: float | None = None
    probabilities: dict[str, float] = Field(default_factory=dict)
    model_version: str | None = None
    escalation_level: int
    contact_list: tuple[str, ...]
    submission_id: str
    published_at: str | None = None


_VIEWS: dict[Audience, type[AlertView]] = {
    "customer": AlertView,
    "technician": TechnicianAlertView,
    "operator": OperatorAlertView,
}


def alert_view(
    alert: Alert, audience: Audience, caller: str, chart: dict[str, str] | None, locale: str = "en"
) -> dict[str, object]:
    """`alert` as `audience` sees it; `chart` are the links to its drawn chart, `caller` the user who asks."""
    response, context, answer = alert.response_required, alert.context, alert.acknowledgement
    known = alert.model_dump() | {
        "reason": sentence(alert.findings, audience, locale) if alert.findings else context.trend_analysis,
        "chart": chart,
        "trend": context.trend_analysis,
        "time_limit": response.time_limit,
        "escalation_level": response.escalation_level,
        "contact_list": response.contact_list,
        "recent_readings": context.recent_readings,
        "nearby_sensors": context.nearby_sensors,
        "acknowledgement": None,
    }
    if answer:
        told = {"reason": answer.reason, "at": answer.at, "role": answer.role}
        if audience == "operator" or answer.by == caller:
            told |= {"by": answer.by, "comment": answer.comment}
        known["acknowledgement"] = told
    shown = _VIEWS[audience].model_validate(known).model_dump(mode="json", exclude_none=True)
    for reading in shown.get("recent_readings", ()):
        for name in ("value", "measurements"):
            if not reading[name]:
                del reading[name]
    return shown


class AcknowledgedView(Contract):
    """The answer as it was kept. `learned_until` is there where it widens the meter's own limits, until then."""

    alert_id: str
    status: AlertStatus
    reason: Reason
    acknowledged_at: str
    learned_until: str | None = None
