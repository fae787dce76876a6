"""POST /meters/{meter_id}/exchanges: recorded once, and history is compared with the right register afterwards."""

from datetime import UTC, datetime
from typing import Any

import pytest

from meterflow import vee
from meterflow.adapters import meter_changes, meters, readings
from meterflow.meter import Exchange, Meter
from meterflow.reading import Source, new_reading

PATH = {"meter_id": "WTR-0001"}
BODY = {
    "exchanged_at": "2026-11-10T10:00:00+01:00",
    "removal_value": "00413.050",
    "start_value": "00000.120",
    "serial_number": "NEW-1",
}


def record(call: Any, **changes: Any) -> tuple[int, Any]:
    status, body = call("record_exchange", BODY | changes, path=PATH, user="op", groups="operator")
    return status, body


def stored() -> Meter:
    found = meters.get("WTR-0001")
    assert found
    return found


def test_the_meter_is_another_from_then_on(call: Any, meter: Any) -> None:
    meter(serial_number="OLD-1")
    status, body = record(call, digits=6, decimals=2, start_value="000000.12")
    assert (status, body) == (
        200,
        {
            "meter_id": "WTR-0001",
            "exchanged_at": "2026-11-10T09:00:00Z",
            "removal_value": "00413.050",
            "start_value": "000000.12",
            "serial_number": "NEW-1",
            "digits": 6,
            "decimals": 2,
        },
    )
    now = stored()
    assert (now.serial_number, now.digits, now.decimals) == ("NEW-1", 6, 2)
    [one] = now.exchanges
    assert (one.old_serial_number, one.recorded_by, one.removal_value) == ("OLD-1", "op", "00413.050")


def test_the_same_again_changes_nothing_and_another_is_refused(call: Any, meter: Any) -> None:
    meter()
    first = record(call)
    before = stored()
    assert record(call) == first
    assert record(call, exchanged_at="2026-11-10T09:00:00Z") == first
    for change in ({"removal_value": "00413.051"}, {"start_value": "00000.000"}, {"serial_number": "X"}, {"digits": 6}):
        assert record(call, **change)[0] == 409
    assert stored() == before


def test_killed_after_the_write_the_same_call_finds_it(call: Any, meter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    meter()
    real = meter_changes.change_exchanges

    def dies(before: Meter, after: Meter) -> bool:
        assert real(before, after)
        raise MemoryError

    monkeypatch.setattr(meter_changes, "change_exchanges", dies)
    with pytest.raises(MemoryError):
        record(call)
    monkeypatch.setattr(meter_changes, "change_exchanges", real)
    assert record(call)[0] == 200
    assert len(stored().exchanges) == 1


def test_two_at_once_both_stay_in_their_order(call: Any, meter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    meter()
    real, raced = meter_changes.change_exchanges, []

    def late(before: Meter, after: Meter) -> bool:
        if not raced:
            raced.append(1)
            assert record(call, exchanged_at="2026-11-15T09:00:00Z", serial_number="NEW-2")[0] == 200
        return real(before, after)

    monkeypatch.setattr(meter_changes, "change_exchanges", late)
    assert record(call)[0] == 200
    now = stored()
    assert [one.new_serial_number for one in now.exchanges] == ["NEW-1", "NEW-2"]
    # The newest says which meter it is.
    assert now.serial_number == "NEW-2"


def test_the_record_takes_the_place_of_the_reading_that_proved_it(call: Any, meter: Any) -> None:
    proof = Exchange(
        exchanged_at="2026-11-12T08:00:00Z",
        start_value="00002.000",
        new_serial_number="NEW-1",
        recorded_by="tech",
        submission_id="s-9",
    )
    meter(serial_number="NEW-1", exchanges=(proof,))
    assert record(call)[0] == 200
    [one] = stored().exchanges
    assert (one.exchanged_at, one.removal_value, one.submission_id) == ("2026-11-10T09:00:00Z", "00413.050", "s-9")


def test_readings_on_both_sides_are_compared_with_their_own_register(call: Any, meter: Any) -> None:
    one = meter(serial_number="OLD-1")
    at = datetime(2026, 11, 1, tzinfo=UTC)
    row = new_reading(
        submission_id="h-1",
        meter_id="WTR-0001",
        value="00410.000",
        taken_at="2026-11-01T08:00:00Z",
        source=Source.CUSTOMER,
        submitted_by=one.owner,
        photo_key=None,
        received_at=at,
    )
    readings.put_new_submission(row)
    readings.settle(
        "h-1",
        meter_id="WTR-0001",
        status="ACCEPTED",
        quality="valid",
        reasons=(),
        value=row.value,
        taken_at=row.taken_at,
        now=at,
    )
    claim = vee.Claim("00001.500", "2026-11-20T08:00:00Z", Source.CUSTOMER, one.owner)
    past = [vee.known(row)]

    def judged() -> vee.Decision:
        now = stored()
        around = readings.neighbours(now, claim.taken_at, "s-1", past)
        return vee.check_history(claim, now, around, history=past)

    assert "decreasing" in judged().reasons
    assert record(call)[0] == 200
    assert (judged().outcome, judged().reasons) == (vee.Outcome.ACCEPT, ("meter_exchanged",))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"exchanged_at": "2999-01-01T00:00:00Z"}, "exchanged_at"),
        ({"exchanged_at": "2026-11-10"}, "exchanged_at"),
        ({"removal_value": "100000"}, "removal_value"),
        ({"removal_value": "1.2345"}, "removal_value"),
        ({"start_value": "1000", "digits": 3}, "start_value"),
        ({"start_value": "1.5", "decimals": 0}, "start_value"),
        ({"serial_number": " "}, "serial_number"),
    ],
)
def test_what_cannot_be_is_named(call: Any, meter: Any, change: dict[str, Any], field: str) -> None:
    meter()
    status, problem = record(call, **change)
    assert (status, [one["field"] for one in problem["errors"]]) == (400, [field])
    assert stored().exchanges == ()


@pytest.mark.parametrize("groups", ["", "technician"])
def test_nobody_but_operators(call: Any, meter: Any, groups: str) -> None:
    meter()
    assert call("record_exchange", BODY, path=PATH, groups=groups)[0] == 403
    assert stored().exchanges == ()


@pytest.mark.usefixtures("aws")
def test_no_such_meter(call: Any) -> None:
    assert record(call)[0] == 404
    assert call("record_exchange", BODY, path={"meter_id": "a b"}, groups="operator")[0] == 404
