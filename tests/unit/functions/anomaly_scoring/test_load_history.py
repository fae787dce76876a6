"""LoadHistory: valid readings before the new one, and of the meter only what scoring needs."""

import json
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest

from meterflow.adapters import meter_changes, meter_memory, meters
from meterflow.errors import BrokenInvariant
from meterflow.exchanges import with_exchange
from meterflow.meter import Exchange
from meterflow.reading import Quality, Status

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


@pytest.fixture
def load(load_handler: Any) -> Any:
    return load_handler("anomaly_scoring", "load_history").handler


@pytest.mark.usefixtures("usual_weeks")
def test_the_readings_come_newest_first(load: Any, event: Any, lambda_context: Any) -> None:
    found = load(event("anomaly_scoring/load_history"), lambda_context)
    assert found["readings"][0] == {"value": "00412.350", "taken_at": "2026-11-14T08:00:00Z"}
    assert found["readings"][-1] == {"value": "00392.350", "taken_at": "2026-09-19T08:00:00Z"}
    assert len(found["readings"]) == 9
    assert {name: found[name] for name in ("kind", "zone", "unit", "capacity", "multiplier", "max_daily")} == {
        "kind": "water",
        "zone": "STANDARD",
        "unit": "m3",
        "capacity": "100000",
        "multiplier": "1",
        "max_daily": "60",
    }


@pytest.mark.usefixtures("usual_weeks")
def test_only_what_counts_is_history(load: Any, event: Any, lambda_context: Any, put_reading: Any) -> None:
    put_reading(-1, "00452.350", Status.PROCESSING)  # the reading itself, at its own moment
    put_reading(-2, "00500.000")  # later
    put_reading(1, "00999.000", Status.REJECTED)
    put_reading(2, "00888.000", Status.NEEDS_REVIEW)
    put_reading(9, "00390.000", quality=Quality.ESTIMATED)
    put_reading(10, "00387.000", quality=Quality.EDITED)
    values = [past["value"] for past in load(event("anomaly_scoring/load_history"), lambda_context)["readings"]]
    assert len(values) == 10
    assert values[-1] == "00387.000"
    assert not {"00452.350", "00500.000", "00999.000", "00888.000", "00390.000"} & set(values)


@pytest.mark.usefixtures("usual_weeks")
def test_no_address_and_no_owner_enter_the_state(load: Any, event: Any, lambda_context: Any) -> None:
    text = json.dumps(load(event("anomaly_scoring/load_history"), lambda_context))
    assert "Privada" not in text
    assert "00000000-0000-4000-8000" not in text
    assert "38.34" not in text


@pytest.mark.usefixtures("aws")
def test_a_meter_that_is_gone_is_a_bug(load: Any, event: Any, lambda_context: Any) -> None:
    with pytest.raises(BrokenInvariant):
        load(event("anomaly_scoring/load_history"), lambda_context)


def test_the_largest_state_is_far_below_the_limit(load_handler: Any) -> None:
    app = load_handler("anomaly_scoring", "load_history")
    longest = app.PastReading(value="123456789.1234", taken_at="2026-11-21T08:00:00Z")
    result = app.LoadHistoryResult(
        kind="electricity",
        zone="Z" * 64,
        unit="kWh",
        capacity="1000000000",
        multiplier="1000",
        max_daily="1000000",
        readings=(longest,) * app.MOST_READINGS,
    )
    assert len(json.dumps(result.payload())) < 262_144 / 8


@pytest.mark.usefixtures("usual_weeks")
@pytest.mark.parametrize(
    ("moment", "values"),
    [
        ("2026-11-13T08:00:00Z", ["00412.350", "00000.100"]),
        ("2026-11-14T08:00:00Z", ["00412.350"]),
        # Of an exchange after the reading it knows nothing yet.
        ("2030-01-01T00:00:00Z", None),
    ],
)
def test_what_another_register_showed_is_no_history(
    load: Any, event: Any, lambda_context: Any, moment: str, values: list[str] | None
) -> None:
    before = load(event("anomaly_scoring/load_history"), lambda_context)["readings"]
    meter = meters.get("WTR-0001")
    assert meter
    told = Exchange(exchanged_at=moment, start_value="00000.100", removal_value="00412.000", new_serial_number="N")
    assert meter_changes.change_exchanges(meter, with_exchange(meter, told))
    found = [past["value"] for past in load(event("anomaly_scoring/load_history"), lambda_context)["readings"]]
    assert found == (values or [past["value"] for past in before])


@pytest.mark.usefixtures("usual_weeks")
def test_a_weekly_meter_has_no_scorer_and_its_own_tolerance(load: Any, event: Any, lambda_context: Any) -> None:
    meter_memory.change_state("WTR-0001", "meter", "2026-11-14T08:00:00Z", lambda *_: {"version": 1}, NOW)
    meter_memory.teach("WTR-0001", "a", NOW)
    found = load(event("anomaly_scoring/load_history"), lambda_context)
    assert (found["frequent"], found["state"], found["tolerance"]) == (False, None, "1.5")
    late = load(event("anomaly_scoring/load_history") | {"taken_at": "2027-11-21T08:00:00Z"}, lambda_context)
    assert late["tolerance"] == "1"


def test_a_daily_meter_has_its_state_unless_the_register_is_another(
    load: Any, event: Any, lambda_context: Any, put_reading: Any, meter: Any
) -> None:
    for day in range(30):
        put_reading(Fraction(day, 7), f"{400 - day:05d}.000")
    meter_memory.change_state("WTR-0001", "meter", "2026-11-10T08:00:00Z", lambda *_: {"version": 1}, NOW)
    found = load(event("anomaly_scoring/load_history"), lambda_context)
    assert (found["frequent"], found["state"], found["state_at"]) == (True, {"version": 1}, "2026-11-10T08:00:00Z")
    told = Exchange(exchanged_at="2026-11-12T00:00:00Z", start_value="00000.000", recorded_by="op")
    assert meter_changes.change_exchanges(meter, with_exchange(meter, told))
    found = load(event("anomaly_scoring/load_history"), lambda_context)
    assert (found["state"], found["register_since"]) == (None, "2026-11-12T00:00:00Z")
