"""ValidateReading decides and writes nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from meterflow.adapters import readings
from meterflow.meter import Meter


@pytest.fixture
def validate(load_handler: Any, lambda_context: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    handler = load_handler("meter_submission", "validate_reading").handler
    return lambda payload: handler(payload, lambda_context)


def test_an_ordinary_reading_is_accepted_with_what_the_photo_check_needs(
    validate: Any, register: Callable[..., Meter], submission: dict[str, Any]
) -> None:
    register(latest=("00100.000", "2026-11-19T08:00:00Z"))
    result = validate(submission | {"taken_at": "2026-11-20T09:00:00.5+01:00"})
    assert {rule["result"] for rule in result.pop("rules")} == {"PASSED"}
    assert result.pop("rule_set").startswith("2026-11-21+")
    assert result == {
        "outcome": "ACCEPT",
        "reasons": [],
        "value": "00110.000",
        "hypotheses": [],
        "photo_decides": False,
        "if_photo_matches": [],
        "earlier": [],
        "exchanged": False,
        "taken_at": "2026-11-20T08:00:00Z",
        "meter": {"digits": 5, "decimals": 3, "serial_number": "4711", "previous_value": "00100.000"},
    }
    assert readings.get("s-1") is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"value": "00099.999"}, "decreasing"),
        ({"value": "00160.001"}, "above_maximum_rate"),
        ({"value": "12,5"}, "value_malformed"),
        ({"taken_at": "noon"}, "time_malformed"),
        ({"taken_at": "2100-01-01T00:00:00Z"}, "taken_in_future"),
        ({"meter_id": "WTR-NONE"}, "meter_unknown"),
        ({"submitted_by": "stranger"}, "submitter_not_owner"),
        ({"photo_key": "uploads/stranger/p.jpg"}, "photo_not_yours"),
        (
            {"photo_key": "uploads/stranger/p.jpg", "source": "device", "submitted_by": "gateway-1"},
            "photo_not_yours",
        ),
    ],
)
def test_refusals_are_data(
    validate: Any, register: Callable[..., Meter], submission: dict[str, Any], change: dict[str, str], reason: str
) -> None:
    register(latest=("00100.000", "2026-11-19T08:00:00Z"))
    result = validate(submission | change)
    assert (result["outcome"], result["reasons"]) == ("REJECT", [reason])


def test_a_turned_register_is_for_a_person(validate: Any, register: Callable[..., Meter], submission: Any) -> None:
    register(latest=("99990.000", "2026-11-19T08:00:00Z"))
    result = validate(submission | {"value": "00003.000"})
    assert (result["outcome"], result["reasons"]) == ("REVIEW", ["rollover_suspected", "one_more_photo"])
    assert (result["photo_decides"], result["if_photo_matches"]) == (True, ["rollover_confirmed"])
    assert result["meter"]["previous_value"] is None, "what stood before the turn must not speak against the photo"


def test_a_message_without_ids_is_a_bug(validate: Any, submission: Any) -> None:
    with pytest.raises(ValidationError):
        validate({key: part for key, part in submission.items() if key != "submission_id"})


@pytest.mark.parametrize("name", ["meter_submission/validate_reading", "meter_submission/workflow"])
def test_the_sample_event(validate: Any, register: Callable[..., Meter], event: Any, name: str) -> None:
    register(latest=("00452.000", "2026-11-19T08:00:00Z"))
    result = validate(event(name))
    assert (result["outcome"], result["reasons"]) == ("ACCEPT", ["late_reading"])
