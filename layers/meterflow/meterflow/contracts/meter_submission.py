"""What the steps of meter_submission take and give, and what its API routes read."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)

from meterflow import photo, reading
from meterflow.contracts import Contract
from meterflow.meter import METER_ID_PATTERN, UNITS, Meter, MeterKind, unit_fits
from meterflow.reading import VALUE_PATTERN, Estimate, PhotoResult, Quality, Reading, Source, Status
from meterflow.vee import Decision, Outcome

Id = Annotated[str, StringConstraints(min_length=1, max_length=128)]
# Judged by the rules, so that a device's broken message is a refused reading and not a broken execution.
Judged = Annotated[str, StringConstraints(max_length=64)]


class Submission(Contract):
    """The workflow's input: one reading as it was sent. `submitted_by` is the Cognito `sub` or the device's name."""

    submission_id: Id
    meter_id: Id
    value: Judged
    taken_at: Judged
    source: Source
    submitted_by: Id
    photo_key: Annotated[str, StringConstraints(max_length=512)] | None = None
    unit: Judged | None = None
    serial_number: Judged | None = None
    estimate: Estimate | None = None

    def as_reading(self, received_at: datetime) -> Reading:
        """The row that stands for this submission while it is PROCESSING."""
        return reading.new_reading(
            submission_id=self.submission_id,
            meter_id=self.meter_id,
            value=self.value,
            taken_at=self.taken_at,
            source=self.source,
            submitted_by=self.submitted_by,
            photo_key=self.photo_key,
            received_at=received_at,
            unit=self.unit,
            serial_number=self.serial_number,
            estimate=self.estimate,
        )


class ValidateReadingInput(Submission):
    """The submission itself."""


class MeterFacts(Contract):
    """What the photo's check has to know of the meter. `previous_value` is the accepted value before, if any."""

    digits: int
    decimals: int
    serial_number: str | None = None
    previous_value: str | None = None


class RuleOutcome(Contract):
    """One rule of the evidence: PASSED, or the action of what it found, with the code."""

    rule: str
    result: str
    code: str | None = None


class Explanation(Contract):
    """A competing explanation of the value, with its posterior share (0..1) as a decimal string."""

    name: str
    share: str
    because: str = ""


class EarlierChange(Contract):
    """What becomes of an earlier submission in the transaction that accepts this one."""

    submission_id: str
    status: Status
    reason: str


class Validation(Contract):
    """What validation decided, as settlement and evidence need it.

    `value` is what the register shows: the text as sent, or converted from the unit it came in. `if_photo_matches` are
    the reasons with which the reading is accepted where its photo shows the value; `photo_decides` says that there are
    such. `exchanged` says that a technician named a new meter. All but the outcome came later than the first contract.
    """

    outcome: Outcome
    reasons: tuple[str, ...] = ()
    value: str | None = None
    rule_set: str = ""
    rules: tuple[RuleOutcome, ...] = ()
    hypotheses: tuple[Explanation, ...] = ()
    photo_decides: bool = False
    if_photo_matches: tuple[str, ...] = ()
    earlier: tuple[EarlierChange, ...] = ()
    exchanged: bool = False

    def as_decision(self) -> Decision:
        """As the domain's rules speak of it."""
        return Decision(
            self.outcome, self.reasons, if_photo_matches=self.if_photo_matches if self.photo_decides else None
        )


class ValidateReadingResult(Validation):
    """ACCEPT, REVIEW or REJECT with reasons. Unless rejected, `taken_at` is normalised and `meter` is there."""

    taken_at: str
    meter: MeterFacts | None = None


class RecordReadingInput(Submission):
    """The submission, its time normalised."""


class RecordReadingResult(Contract):
    """RECORDED, or DUPLICATE with the submission that holds the meter's reading of that moment."""

    outcome: Literal["RECORDED", "DUPLICATE"]
    holder: str


class Scoring(Contract):
    """What anomaly_scoring answered. `unavailable` marks one that broke."""

    risk_level: str | None = None
    job_id: str | None = None
    unavailable: bool = False


class SettleReadingInput(Submission):
    """The submission with everything that was found out about it."""

    validation: Validation
    duplicate: bool = False
    photo_result: PhotoResult | None = None
    scoring: Scoring | None = None


class SettleReadingResult(Contract):
    """SETTLED by this call or ALREADY before it, and the state that holds."""

    outcome: Literal["SETTLED", "ALREADY"]
    submission_id: str
    meter_id: str
    status: Status
    quality: Quality
    reasons: tuple[str, ...]


class AnnounceOutcomeInput(Contract):
    """Which settled submission to announce."""

    submission_id: Id


class AnnounceOutcomeResult(Contract):
    """Which events went to the bus."""

    outcome: Literal["ANNOUNCED"] = "ANNOUNCED"
    submission_id: str
    status: Status
    quality: Quality
    reasons: tuple[str, ...]
    events: tuple[str, ...]


# --- the API ----------------------------------------------------------------------------------------------------


def _no_control_characters(text: str) -> str:
    if any(ord(character) < 32 or 127 <= ord(character) < 160 for character in text):
        raise ValueError("holds control characters")
    return text


def sent_time(text: str) -> str:
    """`text` in UTC to the second. Raises ValueError where it is no time with a zone."""
    try:
        return reading.normal_time(text)
    except ValueError:
        raise ValueError("is not an RFC 3339 time with a zone, such as 2026-11-21T08:00:00Z") from None


Name = Annotated[
    str,
    StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=64),
    AfterValidator(_no_control_characters),
]
Address = Annotated[
    str,
    StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_no_control_characters),
]
UnitName = Literal["m3", "l", "hl", "ft3", "gal", "kWh", "Wh", "MWh", "MJ", "GJ"]
Degrees = Annotated[float, Field(strict=True, allow_inf_nan=False)]
# Where POST /uploads puts a photo: uploads/<user id>/<uuid>.<ext>. Whose prefix it is, the route checks.
PhotoKey = Annotated[
    str,
    StringConstraints(strict=True, pattern=r"^uploads/[A-Za-z0-9_-]{1,64}/[A-Za-z0-9_-]{1,64}\.[A-Za-z]{3,4}$"),
]


class LocationBody(BaseModel):
    """WGS 84 degrees and, if wanted, a postal address."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    lat: Annotated[Degrees, Field(ge=-90, le=90)]
    lon: Annotated[Degrees, Field(ge=-180, le=180)]
    address: Address | None = None


class RegisterMeterBody(BaseModel):
    """The body of POST /meters. Owner, state and limits are ours to set, so they are not read."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    meter_id: Annotated[str, StringConstraints(strict=True, pattern=METER_ID_PATTERN)]
    kind: MeterKind
    unit: Annotated[str, StringConstraints(strict=True, max_length=8)]
    digits: Annotated[int, Field(strict=True, ge=3, le=9)]
    decimals: Annotated[int, Field(strict=True, ge=0, le=4)]
    serial_number: Name | None = None
    location: LocationBody
    zone: Name | None = None

    @field_validator("unit")
    @classmethod
    def _fits_kind(cls, unit: str, info: ValidationInfo) -> str:
        kind = info.data.get("kind")
        if kind and not unit_fits(kind, unit):
            raise ValueError(f"must be one of {', '.join(UNITS[kind])} for {kind.value}")
        return unit


class SubmitReadingBody(BaseModel):
    """The body of POST /readings. `taken_at` is normalised to UTC and the second."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    meter_id: Annotated[str, StringConstraints(strict=True, min_length=1, max_length=64)]
    value: Annotated[str, StringConstraints(strict=True, pattern=VALUE_PATTERN)]
    taken_at: Annotated[str, StringConstraints(strict=True, max_length=64), AfterValidator(sent_time)]
    photo_key: PhotoKey | None = None
    unit: UnitName | None = None
    serial_number: Name | None = None
    client_token: Annotated[str, StringConstraints(strict=True, pattern=r"^[!-~]{1,128}$")]


class HintView(Contract):
    """What to do better with the next photo, for one of the reasons."""

    reason: str
    hint: str


class PhotoView(Contract):
    """A photo's verdict as the API shows it; `hints` are there only where a reason has one."""

    verdict: str
    reading: str | None
    confidence: float | None
    reasons: tuple[str, ...]
    hints: tuple[HintView, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _with_hints(cls, data: Any) -> Any:
        return data | {"hints": photo.hints(data.get("reasons", ()))} if isinstance(data, dict) else data

    @model_serializer(mode="wrap")
    def _without_empty(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        body: dict[str, Any] = serialize(self)
        return body if self.hints else {name: part for name, part in body.items() if name != "hints"}


class ReadingView(Contract):
    """A submission as GET /readings/{submission_id} shows it."""

    submission_id: str
    status: Status
    quality: Quality
    reasons: tuple[str, ...]
    photo: PhotoView | None
    risk_level: str | None
    job_id: str | None = None

    def payload(self) -> dict[str, Any]:
        """The JSON form; `job_id` is there only where a job is."""
        body = super().payload()
        return body if self.job_id else {name: part for name, part in body.items() if name != "job_id"}


class ReadingItem(ReadingView):
    """A submission in a meter's list."""

    meter_id: str
    value: str
    taken_at: str
    source: Source
    received_at: str
    settled_at: str | None
    original_value: str | None


class LatestView(Contract):
    """A meter's newest accepted reading."""

    submission_id: str
    value: str
    taken_at: str
    quality: str


class LocationView(Contract):
    """Where a meter stands."""

    lat: float
    lon: float
    address: str | None


class MeterView(Contract):
    """A meter as the API shows it. Decimals travel as strings."""

    meter_id: str
    kind: MeterKind
    unit: str
    digits: int
    decimals: int
    multiplier: Decimal
    max_daily: Decimal
    serial_number: str | None
    location: LocationView
    zone: str
    active: bool
    registered_at: str
    latest: LatestView | None
    risk_level: str | None


def meter_view(meter: Meter) -> dict[str, Any]:
    """`meter` as the API shows it."""
    return MeterView.model_validate(meter.model_dump()).payload()
