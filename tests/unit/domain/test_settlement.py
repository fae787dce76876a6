"""Settlement: every combination of decisions has one end, and the events say it."""

import itertools
from decimal import Decimal

import pytest

from meterflow import settlement
from meterflow.meter import Location, Meter, MeterKind
from meterflow.reading import PhotoResult, Quality, Reading, Source, Status
from meterflow.vee import Decision, Outcome

OK = Decision(Outcome.ACCEPT, ())
MATCH = PhotoResult(verdict="MATCH", reading="00123.456", confidence=0.99)
MISMATCH = PhotoResult(
    verdict="MISMATCH", reading="00123.956", confidence=0.9, reasons=("digits_differ",), photo_id="p@1"
)
UNREADABLE = PhotoResult(verdict="UNREADABLE", reasons=("blurred",))
REUSED = PhotoResult(verdict="MISMATCH", reading="00123.456", reasons=("photo_reused",), photo_id="p@1")

# decision, keyword arguments, source -> status, quality, reasons
TABLE = {
    "plain": (OK, {}, Source.CUSTOMER, "ACCEPTED", "valid", ()),
    "proven": (OK, {"photo": MATCH}, Source.CUSTOMER, "ACCEPTED", "valid", ()),
    "late": (Decision(Outcome.ACCEPT, ("late_reading",)), {}, Source.CUSTOMER, "ACCEPTED", "valid", ("late_reading",)),
    "estimate": (OK, {}, Source.ESTIMATE, "ACCEPTED", "estimated", ()),
    "refused": (Decision(Outcome.REJECT, ("decreasing",)), {}, Source.CUSTOMER, "REJECTED", "raw", ("decreasing",)),
    "duplicate": (OK, {"duplicate": True}, Source.CUSTOMER, "REJECTED", "raw", ("duplicate",)),
    "mismatch": (
        OK,
        {"photo": MISMATCH},
        Source.CUSTOMER,
        "NEEDS_REVIEW",
        "raw",
        ("photo_mismatch", "digits_differ"),
    ),
    # The number may well be right: nothing is said of it, only of the photo.
    "reused": (OK, {"photo": REUSED}, Source.CUSTOMER, "NEEDS_REVIEW", "raw", ("photo_reused",)),
    "unreadable": (
        OK,
        {"photo": UNREADABLE},
        Source.TECHNICIAN,
        "NEEDS_REVIEW",
        "raw",
        ("photo_unreadable", "blurred"),
    ),
    "doubted, though the photo matches": (
        Decision(Outcome.REVIEW, ("rollover_suspected",)),
        {"photo": MATCH},
        Source.CUSTOMER,
        "NEEDS_REVIEW",
        "raw",
        ("rollover_suspected",),
    ),
    "doubted, and the photo is the evidence": (
        Decision(Outcome.REVIEW, ("rollover_suspected",), if_photo_matches=("rollover_confirmed",)),
        {"photo": MATCH},
        Source.CUSTOMER,
        "ACCEPTED",
        "valid",
        ("rollover_confirmed",),
    ),
    "doubted, and the photo shows something else": (
        Decision(Outcome.REVIEW, ("rollover_suspected",), if_photo_matches=("rollover_confirmed",)),
        {"photo": MISMATCH},
        Source.CUSTOMER,
        "NEEDS_REVIEW",
        "raw",
        ("rollover_suspected", "photo_mismatch", "digits_differ"),
    ),
    "doubted, and without the photo that would settle it": (
        Decision(Outcome.REVIEW, ("high_use", "one_more_photo"), if_photo_matches=("high_use",)),
        {},
        Source.CUSTOMER,
        "NEEDS_REVIEW",
        "raw",
        ("high_use", "one_more_photo"),
    ),
    "doubted, proven and of high risk": (
        Decision(Outcome.REVIEW, ("high_use", "one_more_photo"), if_photo_matches=("high_use",)),
        {"photo": MATCH, "risk_level": "CRITICAL"},
        Source.CUSTOMER,
        "ACCEPTED",
        "valid",
        ("high_use", "unusual_consumption"),
    ),
    "high risk": (OK, {"risk_level": "HIGH"}, Source.CUSTOMER, "ACCEPTED", "raw", ("unusual_consumption",)),
    "high risk, proven": (
        OK,
        {"risk_level": "CRITICAL", "photo": MATCH},
        Source.CUSTOMER,
        "ACCEPTED",
        "valid",
        ("unusual_consumption",),
    ),
    "medium risk": (OK, {"risk_level": "MEDIUM"}, Source.CUSTOMER, "ACCEPTED", "valid", ()),
    "no score": (OK, {"scored": False}, Source.CUSTOMER, "ACCEPTED", "valid", ("scoring_unavailable",)),
}


@pytest.mark.parametrize("name", TABLE)
def test_settle(name: str) -> None:
    decision, more, source, status, quality, reasons = TABLE[name]
    end = settlement.settle(source, decision, **more)  # type: ignore[arg-type]
    assert (end.status, end.quality, end.reasons) == (status, quality, reasons)


def test_what_must_hold_for_every_combination() -> None:
    for outcome, photo, risk, duplicate, scored, source in itertools.product(
        Outcome, (None, MATCH, MISMATCH, UNREADABLE), (None, "LOW", "CRITICAL"), (True, False), (True, False), Source
    ):
        decision = Decision(outcome, () if outcome == Outcome.ACCEPT else ("a_rule",))
        end = settlement.settle(source, decision, duplicate=duplicate, photo=photo, risk_level=risk, scored=scored)
        refused = outcome == Outcome.REJECT or duplicate
        doubted = outcome == Outcome.REVIEW or (photo is not None and photo.verdict != "MATCH")
        expected = Status.REJECTED if refused else Status.NEEDS_REVIEW if doubted else Status.ACCEPTED
        assert end.status == expected
        assert end.status == Status.ACCEPTED or (end.quality == Quality.RAW and end.reasons)
        assert len(set(end.reasons)) == len(end.reasons)


METER = Meter(
    meter_id="WTR-1",
    kind=MeterKind.WATER,
    unit="m3",
    digits=5,
    decimals=3,
    max_daily=Decimal("60"),
    location=Location(lat=52.5, lon=13.4, address="12 Canary Street"),
    owner="owner",
    registered_at="2026-01-01T00:00:00Z",
)


def reading(status: Status, **more: object) -> Reading:
    return Reading.model_validate(
        {
            "submission_id": "s-1",
            "meter_id": "WTR-1",
            "value": "00123.456",
            "taken_at": "2026-11-21T08:00:00Z",
            "source": "technician",
            "submitted_by": "tech",
            "fingerprint": "f",
            "received_at": "2026-11-21T08:00:01Z",
            "status": status,
            **more,
        }
    )


def test_the_owner_hears_of_it_without_personal_data() -> None:
    detail = settlement.reading_settled(reading(Status.ACCEPTED, quality="valid", risk_level="LOW"), METER, "e-1")
    assert detail == {
        "event_id": "e-1",
        "submission_id": "s-1",
        "meter_id": "WTR-1",
        "customer_id": "owner",
        "status": "ACCEPTED",
        "quality": "valid",
        "value": "00123.456",
        "unit": "m3",
        "kind": "water",
        "taken_at": "2026-11-21T08:00:00Z",
        "reasons": [],
        "risk_level": "LOW",
    }


def test_without_a_meter_the_submitter_hears_of_it() -> None:
    detail = settlement.reading_settled(reading(Status.REJECTED), None, "e-1")
    assert (detail["customer_id"], detail["unit"], detail["kind"]) == ("tech", None, None)


def test_only_what_waits_for_a_person_is_reviewed() -> None:
    assert settlement.review_requested(reading(Status.ACCEPTED, photo_key="k"), METER) is None
    assert settlement.review_requested(reading(Status.REJECTED, photo_key="k"), METER) is None
    waits = reading(Status.NEEDS_REVIEW, photo_key="k", photo=MISMATCH, reasons=("photo_mismatch",))
    assert settlement.review_requested(waits, METER) == {
        "purpose": "review",
        "submission_id": "s-1",
        "meter_id": "WTR-1",
        "customer_id": "owner",
        "photo_key": "k",
        "photo_id": "p@1",
        "value": "00123.456",
        "taken_at": "2026-11-21T08:00:00Z",
        "verdict": "MISMATCH",
        "reading": "00123.956",
        "reasons": ["photo_mismatch"],
    }


def test_a_doubted_reading_without_a_photo_waits_for_somebody_too() -> None:
    detail = settlement.review_requested(reading(Status.NEEDS_REVIEW, reasons=("rollover_suspected",)), METER)
    assert detail is not None
    assert detail["verdict"] == "UNREADABLE"
    assert not {"photo_key", "photo_id", "reading"} & set(detail)
