"""Models become items that DynamoDB takes, and come back as they were."""

from decimal import Decimal

from meterflow.adapters.items import to_item
from meterflow.meter import Location, Meter, MeterKind
from meterflow.reading import PhotoResult


def meter() -> Meter:
    return Meter(
        meter_id="WTR-1",
        kind=MeterKind.WATER,
        unit="m3",
        digits=5,
        decimals=3,
        max_daily=Decimal("60"),
        location=Location(lat=52.520008, lon=13.404954),
        owner="o",
        registered_at="2026-01-01T00:00:00Z",
    )


def test_numbers_are_decimals_enums_are_texts_and_nulls_are_left_out() -> None:
    item = to_item(meter())
    assert item["location"] == {"lat": Decimal("52.520008"), "lon": Decimal("13.404954")}
    assert type(item["kind"]) is str
    assert "latest" not in item
    assert Meter.model_validate(item) == meter()


def test_lists_become_lists_and_empty_texts_are_left_out() -> None:
    item = to_item(PhotoResult(verdict="MATCH", reading="", confidence=0.1, reasons=("a",)))
    assert item == {"verdict": "MATCH", "confidence": Decimal("0.1"), "reasons": ["a"], "figures": []}


def test_a_photos_evidence_goes_into_a_row_and_back() -> None:
    """Figures with odds and alternatives are floats in lists in lists."""
    photo = PhotoResult.model_validate(
        {
            "verdict": "MATCH",
            "confidence": 0.98,
            "reader": "both",
            "accept": True,
            "figures": [{"symbol": "3", "odds": 0.97, "alternatives": [["8", 0.02], ["9", 0.01]]}],
            "content_hash": "c0ffee",
            "first_use": {"submission_id": "s", "meter_id": "m", "photo_id": "p"},
        }
    )
    item = to_item(photo)
    assert item["figures"][0]["odds"] == Decimal("0.97")
    assert PhotoResult.model_validate(item) == photo
