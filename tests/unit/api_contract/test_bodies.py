"""The request bodies of openapi.yaml and the models that read them judge alike."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from meterflow.contracts.alerts import AcknowledgeBody
from meterflow.contracts.image_validation import CorrectionBody, UploadBody
from meterflow.contracts.meter_changes import ExchangeBody, SubmetersBody
from meterflow.contracts.meter_submission import LocationBody, RegisterMeterBody, SubmitReadingBody
from meterflow.contracts.technician_dispatch import CompletionBody
from tests.unit.api_contract.contract import contract

PHOTO = "uploads/00000000-0000-4000-8000-000000000001/0b1f.jpg"
METER: dict[str, Any] = {
    "meter_id": "WTR-9001",
    "kind": "water",
    "unit": "m3",
    "digits": 5,
    "decimals": 3,
    "serial_number": "9001",
    "location": {"lat": 52.52, "lon": 13.405, "address": "Sample Street 1"},
    "zone": "residential",
}
READING: dict[str, Any] = {
    "meter_id": "WTR-0001",
    "value": "00123.456",
    "taken_at": "2026-11-21T08:00:00Z",
    "photo_key": PHOTO,
    "unit": "m3",
    "serial_number": "9001",
    "client_token": "t-1",
}
EXCHANGE: dict[str, Any] = {
    "exchanged_at": "2026-11-20T09:30:00Z",
    "removal_value": "00413.050",
    "start_value": "00000.000",
    "serial_number": "AL-2026-000815",
    "digits": 6,
    "decimals": 2,
}
UPLOAD: dict[str, Any] = {"meter_id": "WTR-0001", "content_type": "image/jpeg"}
CORRECTION: dict[str, Any] = {"value": "06376.341", "reason": "The red wheels are readable."}
COMPLETION: dict[str, Any] = {"value": "00123.456", "photo_key": "photos/a.jpg", "note": "Gasket renewed."}

# Each route's model and a body with every field.
ROUTES: dict[str, tuple[type[BaseModel], dict[str, Any]]] = {
    "register_meter": (RegisterMeterBody, METER),
    "submit_reading": (SubmitReadingBody, READING),
    "request_upload": (UploadBody, UPLOAD),
    "record_exchange": (ExchangeBody, EXCHANGE),
    "set_submeters": (SubmetersBody, {"submeters": ["WTR-0002", "WTR-0003"]}),
    "correct_reading": (CorrectionBody, CORRECTION),
    "complete_job": (CompletionBody, COMPLETION),
    "acknowledge_alert": (AcknowledgeBody, {"reason": "normal_for_me", "comment": "We filled the pool."}),
}

PLACE = METER["location"]
GOOD: list[tuple[str, dict[str, Any]]] = [
    ("register_meter", {"kind": "gas"}),
    ("register_meter", {"kind": "electricity", "unit": "kWh"}),
    ("register_meter", {"kind": "heat", "unit": "kWh"}),
    ("register_meter", {"kind": "heat", "unit": "MWh"}),
    ("register_meter", {"kind": "heat", "unit": "GJ"}),
    ("register_meter", {"meter_id": "a"}),
    ("register_meter", {"meter_id": "A" + "._-9" * 15 + "xyz"}),
    ("register_meter", {"digits": 3, "decimals": 0}),
    ("register_meter", {"digits": 9, "decimals": 4}),
    ("register_meter", {"serial_number": None, "zone": None}),
    ("register_meter", {"serial_number": " № 7 ", "zone": "Ñ" * 64}),
    ("register_meter", {"location": {"lat": -90, "lon": 180}}),
    ("register_meter", {"location": {"lat": 90.0, "lon": -180.0, "address": None}}),
    ("register_meter", {"location": PLACE | {"address": "x" * 200}}),
    ("register_meter", {"owner": "somebody", "active": False, "max_daily": "1e9"}),
    ("submit_reading", {"value": "0"}),
    ("submit_reading", {"value": "1" * 12 + "." + "1" * 6}),
    ("submit_reading", {"taken_at": "2026-11-21T09:00:00+01:00"}),
    ("submit_reading", {"taken_at": "2026-11-21T08:00:00.123456789Z"}),
    ("submit_reading", {"taken_at": "2026-02-28T23:59:59-11:30"}),
    ("submit_reading", {"photo_key": None}),
    ("submit_reading", {"unit": "gal", "serial_number": None}),
    ("submit_reading", {"unit": None, "serial_number": " № 7 "}),
    ("submit_reading", {"photo_key": "uploads/me/P_0-1.JPEG"}),
    ("submit_reading", {"client_token": "!~" * 64}),
    ("submit_reading", {"meter_id": "no meter's id"}),
    ("submit_reading", {"status": "ACCEPTED", "submitted_by": "somebody", "source": "device"}),
    ("request_upload", {"content_type": "image/png"}),
    ("request_upload", {"photo_key": "uploads/elsewhere.jpg"}),
    ("record_exchange", {"digits": None, "decimals": None}),
    ("record_exchange", {"exchanged_at": "2026-11-20T10:30:00+01:00", "start_value": "0"}),
    ("set_submeters", {"submeters": []}),
    ("set_submeters", {"submeters": [f"W-{number}" for number in range(50)]}),
    ("correct_reading", {"reason": "x"}),
    ("correct_reading", {"reason": "ü" * 500}),
    ("correct_reading", {"reason": "two\nlines"}),
    ("correct_reading", {"decided_by": "somebody"}),
    ("complete_job", {"value": None, "photo_key": None, "note": None}),
    ("complete_job", {"note": ""}),
    ("complete_job", {"note": "x" * 1000}),
    ("complete_job", {"note": "Gasket renewed.\nNo flow at night: < 0,1 m³ & 5 °C"}),
    # What phones type by themselves: no-break spaces, and an emoji that is two joined by U+200D.
    ("complete_job", {"note": "Joint remplacé\u202f! 5\u00a0°C \U0001f469\u200d\U0001f527"}),
    ("complete_job", {"note": "شركة\u200f"}),
    ("complete_job", {"photo_key": "a" * 512}),
]
BAD: list[tuple[str, dict[str, Any]]] = [
    ("register_meter", {"kind": "steam"}),
    ("register_meter", {"unit": "kWh"}),
    ("register_meter", {"unit": "M3"}),
    ("register_meter", {"kind": "gas", "unit": "MWh"}),
    ("register_meter", {"kind": "electricity"}),
    ("register_meter", {"kind": "heat"}),
    ("register_meter", {"meter_id": "-x"}),
    ("register_meter", {"meter_id": "a b"}),
    ("register_meter", {"meter_id": "x" * 65}),
    ("register_meter", {"meter_id": "WTR\n"}),
    ("register_meter", {"digits": 2}),
    ("register_meter", {"digits": 10}),
    ("register_meter", {"digits": "5"}),
    ("register_meter", {"decimals": 5}),
    ("register_meter", {"decimals": 0.5}),
    ("register_meter", {"serial_number": "x" * 65}),
    ("register_meter", {"serial_number": "a\u0007b"}),
    ("register_meter", {"zone": "a\u0085b"}),
    ("register_meter", {"location": {"lat": 1}}),
    ("register_meter", {"location": PLACE | {"lat": 90.001}}),
    ("register_meter", {"location": PLACE | {"lat": -90.001}}),
    ("register_meter", {"location": PLACE | {"lon": -180.001}}),
    ("register_meter", {"location": PLACE | {"lon": 180.001}}),
    ("register_meter", {"location": PLACE | {"lat": "52.5"}}),
    ("register_meter", {"location": PLACE | {"address": "x" * 201}}),
    ("register_meter", {"location": PLACE | {"address": "a\nb"}}),
    ("submit_reading", {"value": "1,5"}),
    ("submit_reading", {"value": "-1"}),
    ("submit_reading", {"value": "1e3"}),
    ("submit_reading", {"value": ".5"}),
    ("submit_reading", {"value": "5."}),
    ("submit_reading", {"value": "1" * 13}),
    ("submit_reading", {"value": "1.1234567"}),
    ("submit_reading", {"taken_at": "yesterday"}),
    ("submit_reading", {"taken_at": "2026-11-21"}),
    ("submit_reading", {"taken_at": "2026-11-21T08:00:00"}),
    ("submit_reading", {"taken_at": "2026-02-30T08:00:00Z"}),
    ("submit_reading", {"taken_at": "2026-11-21T08:00:00." + "1" * 50 + "Z"}),
    ("submit_reading", {"photo_key": "photos/me/a.jpg"}),
    ("submit_reading", {"photo_key": "uploads/me/../a.jpg"}),
    ("submit_reading", {"photo_key": "uploads/me/a.jpeg2"}),
    ("submit_reading", {"unit": "M3"}),
    ("submit_reading", {"serial_number": "a\u0007b"}),
    ("submit_reading", {"client_token": "a b"}),
    ("submit_reading", {"client_token": "é"}),
    ("submit_reading", {"client_token": "x" * 129}),
    ("submit_reading", {"meter_id": "x" * 65}),
    ("request_upload", {"content_type": "image/gif"}),
    ("request_upload", {"content_type": "IMAGE/PNG"}),
    ("record_exchange", {"digits": 10}),
    ("record_exchange", {"decimals": 5}),
    ("record_exchange", {"removal_value": "-1"}),
    ("record_exchange", {"exchanged_at": "2026-11-20"}),
    ("record_exchange", {"serial_number": None}),
    ("set_submeters", {"submeters": ["WTR-0002", "WTR-0002"]}),
    ("set_submeters", {"submeters": ["a b"]}),
    ("set_submeters", {"submeters": [f"W-{number}" for number in range(51)]}),
    ("correct_reading", {"reason": "x" * 501}),
    ("correct_reading", {"reason": " \t\n"}),
    ("complete_job", {"value": "12,5"}),
    ("complete_job", {"photo_key": "../../secret"}),
    ("complete_job", {"photo_key": "a" * 513}),
    ("complete_job", {"note": "x" * 1001}),
    ("complete_job", {"note": "bell \u0007"}),
    ("complete_job", {"note": "tab\there"}),
    ("complete_job", {"note": "two\r\nlines"}),
    ("complete_job", {"note": "turned \u202e round"}),
    ("complete_job", {"note": "turned \u2067 round"}),
    ("complete_job", {"technician_id": "me"}),
]
# We promise RFC 3339 and clean text, and take a little more.
TAKEN_ALL_THE_SAME: list[tuple[str, dict[str, Any]]] = [
    ("submit_reading", {"taken_at": "2026-11-21 08:00:00Z"}),
    ("submit_reading", {"taken_at": "2026-11-21T08:00Z"}),
    ("submit_reading", {"taken_at": "20261121T080000Z"}),
    ("register_meter", {"serial_number": "9001\n"}),
    ("register_meter", {"location": PLACE | {"address": "x" * 200 + " "}}),
    ("correct_reading", {"reason": "x" * 500 + " "}),
]
# What a schema cannot say.
REFUSED_ALL_THE_SAME: list[tuple[str, dict[str, Any]]] = [
    ("submit_reading", {"taken_at": "0001-01-01T00:00:00+14:00"}),
    ("register_meter", {"digits": 5.0}),
    ("correct_reading", {"reason": "\ud83d"}),
]
# Put in each field's place one after the other.
ODD: list[Any] = [
    None, True, False, 0, 1, 3, -1, 2.5, 1e300, "", " ", "\n", "a", "1", "1\n", "001.5", "٣", "1 ", "\u0000", "NaN",
    "null", "x" * 40, "x" * 2000, [], ["a"], {}, {"a": 1},
]  # fmt: skip


def body_of(route: str, change: dict[str, Any]) -> dict[str, Any]:
    return ROUTES[route][1] | change


def model_takes(route: str, body: Any) -> bool:
    try:
        ROUTES[route][0].model_validate(json.loads(json.dumps(body)))
    except ValidationError:
        return False
    return True


def schema_takes(route: str, body: Any) -> bool:
    return not contract().body_faults(route, body)


@pytest.mark.parametrize(("route", "change"), [*((route, {}) for route in ROUTES), *GOOD])
def test_good_bodies(route: str, change: dict[str, Any]) -> None:
    body = body_of(route, change)
    assert contract().body_faults(route, body) == []
    assert model_takes(route, body)


@pytest.mark.parametrize(("route", "change"), BAD)
def test_bad_bodies(route: str, change: dict[str, Any]) -> None:
    body = body_of(route, change)
    assert not model_takes(route, body)
    assert not schema_takes(route, body)


@pytest.mark.parametrize(("route", "change"), TAKEN_ALL_THE_SAME)
def test_more_is_taken_than_promised(route: str, change: dict[str, Any]) -> None:
    body = body_of(route, change)
    assert (model_takes(route, body), schema_takes(route, body)) == (True, False)


@pytest.mark.parametrize(("route", "change"), REFUSED_ALL_THE_SAME)
def test_what_a_schema_cannot_say(route: str, change: dict[str, Any]) -> None:
    body = body_of(route, change)
    assert (model_takes(route, body), schema_takes(route, body)) == (False, True)


def spoilt(route: str) -> Iterator[tuple[str, Any]]:
    """The full body with each field, also of the location, left out or replaced by each odd value."""
    full = ROUTES[route][1]
    places = [(name,) for name in full] + [("location", name) for name in full.get("location", {})]
    for place in places:
        for odd in [..., *ODD]:
            body = copy.deepcopy(full)
            inner = body
            for name in place[:-1]:
                inner = inner[name]
            if odd is ...:
                del inner[place[-1]]
            else:
                inner[place[-1]] = odd
            yield f"{'.'.join(place)} = {odd!r:.40}", body
    for odd in ODD:
        yield f"{odd!r:.40}", odd


@pytest.mark.parametrize("route", ROUTES)
def test_odd_values_are_judged_alike(route: str) -> None:
    judged = [(what, model_takes(route, body), schema_takes(route, body)) for what, body in spoilt(route)]
    # The model drops spaces at the ends before it looks for control characters.
    trimmed = {"register_meter": ("serial_number", "location.address", "zone"), "submit_reading": ("serial_number",)}
    trimmed["record_exchange"] = ("serial_number",)
    names = trimmed.get(route, ())
    assert {what for what, model, schema in judged if model != schema} == {f"{name} = '1\\n'" for name in names}
    assert {model for _, model, _ in judged} == {True, False}, "both verdicts must occur"


def test_every_body_has_its_model_here() -> None:
    with_body = {name for name, (_, _, spec) in contract().operations().items() if "requestBody" in spec}
    assert with_body == set(ROUTES)


@pytest.mark.parametrize(
    ("model", "schema"),
    [
        (RegisterMeterBody, "NewMeter"),
        (LocationBody, "NewLocation"),
        (SubmitReadingBody, "NewReading"),
        (UploadBody, "NewUpload"),
        (ExchangeBody, "NewExchange"),
        (SubmetersBody, "NewSubmeters"),
        (CorrectionBody, "Correction"),
        (CompletionBody, "Completion"),
    ],
)
def test_the_same_fields_are_there_and_required(model: type[BaseModel], schema: str) -> None:
    ours, theirs = contract().schema(schema), model.model_json_schema()
    assert set(ours["properties"]) == set(theirs["properties"])
    assert set(ours.get("required", [])) == set(theirs.get("required", []))
    assert (ours.get("additionalProperties") is False) == (model.model_config.get("extra") == "forbid")
