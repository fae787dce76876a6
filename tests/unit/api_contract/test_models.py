"""What the functions answer with, and the words they use, are those of openapi.yaml."""

import typing
from enum import StrEnum

import pytest
from pydantic import BaseModel

from meterflow import job_view, paging
from meterflow.alert import AlertStatus, Reason, RecentReading
from meterflow.alert_types import AlertType
from meterflow.assignment import PassedOver
from meterflow.contracts.alerts import (
    AcknowledgedView,
    AcknowledgementView,
    AlertView,
    OperatorAlertView,
    TechnicianAlertView,
)
from meterflow.contracts.image_validation import (
    CorrectedView,
    EverybodyView,
    ReviewerView,
    ValidationView,
    Verdict,
)
from meterflow.contracts.meter_changes import ExchangeView
from meterflow.contracts.meter_submission import (
    LatestView,
    LocationView,
    MeterView,
    PhotoView,
    ReadingItem,
    ReadingView,
)
from meterflow.explanation import Audience
from meterflow.meter import UNITS, MeterKind
from meterflow.reading import Quality, Source, Status
from meterflow.review_decision import Agreement, Decision, Outcome, Stage
from meterflow.review_flags import Flag, Share
from meterflow.review_priority import Priority
from meterflow.risk import RiskLevel
from meterflow.work_order import Cause, Completion, Escalation, EscalationReason, JobStatus, Offer
from tests.unit.api_contract.contract import contract


@pytest.mark.parametrize(
    ("model", "schema"),
    [
        (MeterView, "Meter"),
        (ExchangeView, "Exchange"),
        (LatestView, "LatestReading"),
        (LocationView, "Location"),
        (ReadingView, "Reading"),
        (ReadingItem, "ReadingItem"),
        (PhotoView, "PhotoResult"),
        (ValidationView, "Validation"),
        (Decision, "Decision"),
        (CorrectedView, "Corrected"),
        (Priority, "Priority"),
        (Share, "Share"),
        (Flag, "Flag"),
        (EverybodyView, "Everybody"),
        (ReviewerView, "Reviewer"),
        (Offer, "Offer"),
        (Escalation, "Escalation"),
        (Completion, "CompletionReport"),
        (AlertView, "CustomerAlert"),
        (TechnicianAlertView, "TechnicianAlert"),
        (OperatorAlertView, "OperatorAlert"),
        (AcknowledgementView, "Acknowledgement"),
        (AcknowledgedView, "Acknowledged"),
        (RecentReading, "AlertReading"),
    ],
)
def test_fields(model: type[BaseModel], schema: str) -> None:
    assert set(contract().schema(schema)["properties"]) == set(model.model_fields)


def test_fields_of_a_job() -> None:
    technician = set(job_view._SHOWN) | {"offer_expires_at", "completion"}
    assert set(contract().schema("TechnicianJob")["properties"]) == technician
    operator = technician | {"technician_id", "offers", "escalations"}
    assert set(contract().schema("OperatorJob")["properties"]) == operator
    passed_over = contract().schema("Offer")["properties"]["passed_over"]["items"]["properties"]
    assert set(passed_over) == set(PassedOver.model_fields)


@pytest.mark.parametrize(
    ("words", "path"),
    [
        (MeterKind, "MeterKind"),
        (Quality, "Quality"),
        (Status, "ReadingStatus"),
        (Source, "ReadingItem.properties.source"),
        (JobStatus, "JobStatus"),
        (EscalationReason, "Escalation.properties.reason"),
        (Stage, "Validation.properties.stage"),
        (Agreement, "Decision.properties.agreement"),
        (Outcome, "Corrected.properties.outcome"),
    ],
)
def test_words(words: type[StrEnum], path: str) -> None:
    assert set(at(path)["enum"]) == {word.value for word in words}


@pytest.mark.parametrize(
    ("words", "path"),
    [
        (RiskLevel, "RiskLevel"),
        (AlertType, "AlertType"),
        (AlertStatus, "AlertStatus"),
        (Reason, "AcknowledgeReason"),
        (Audience, "Acknowledgement.properties.role"),
        (Verdict, "PhotoVerdict"),
        (Cause, "OperatorJob.properties.cause"),
        (Cause, "TechnicianJob.properties.cause"),
    ],
)
def test_literals(words: object, path: str) -> None:
    assert set(at(path)["enum"]) == set(typing.get_args(words))


def test_units() -> None:
    units = {unit for of_kind in UNITS.values() for unit in of_kind}
    assert set(at("NewMeter.properties.unit")["enum"]) == set(at("Meter.properties.unit")["enum"]) == units


def test_pages() -> None:
    limit = contract().document["components"]["parameters"]["Limit"]["schema"]
    assert (limit["default"], limit["maximum"]) == (paging.DEFAULT_LIMIT, paging.MAX_LIMIT)


def at(path: str) -> typing.Any:
    """The part of a schema at a dotted path."""
    name, *parts = path.split(".")
    found: typing.Any = contract().schema(name)
    for part in parts:
        found = found[part]
    return found
