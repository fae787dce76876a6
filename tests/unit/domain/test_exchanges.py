"""Where an exchange belongs among those on record, and what the meter is then."""

from decimal import Decimal
from typing import Any

from meterflow.exchanges import says_the_same, with_exchange
from meterflow.meter import Exchange, Location, Meter, MeterKind

METER = Meter(
    meter_id="WTR-0001",
    kind=MeterKind.WATER,
    unit="m3",
    digits=5,
    decimals=3,
    max_daily=Decimal("60"),
    serial_number="FIRST",
    location=Location(lat=0, lon=0),
    owner="ana",
    registered_at="2026-01-01T00:00:00Z",
)


def exchange(day: int, serial: str, **more: Any) -> Exchange:
    told = {"start_value": "00000.000", "removal_value": "00100.000", "recorded_by": "op"}
    return Exchange.model_validate(
        {"exchanged_at": f"2026-11-{day:02d}T08:00:00Z", "new_serial_number": serial, **told, **more}
    )


def test_each_names_the_meter_before_it_in_whatever_order_they_are_told() -> None:
    for days in ((3, 7), (7, 3)):
        meter = METER
        for day in days:
            meter = with_exchange(meter, exchange(day, f"OF-{day}", digits=day))
        named = [(one.old_serial_number, one.new_serial_number) for one in meter.exchanges]
        assert named == [("FIRST", "OF-3"), ("OF-3", "OF-7")]
        assert (meter.serial_number, meter.digits, meter.decimals) == ("OF-7", 7, 3)


def test_only_a_reading_that_proved_this_very_meter_gives_way() -> None:
    proven = exchange(5, "NEW", removal_value=None, submission_id="s-1")
    meter = METER.model_copy(update={"exchanges": (proven,), "serial_number": "NEW"})
    assert len(with_exchange(meter, exchange(4, "NEW")).exchanges) == 1
    # Another number, a later moment, or a record of an operator: both happened.
    for other in (exchange(4, "OTHER"), exchange(6, "NEW")):
        assert len(with_exchange(meter, other).exchanges) == 2
    told = METER.model_copy(update={"exchanges": (exchange(5, "NEW"),)})
    assert len(with_exchange(told, exchange(4, "NEW")).exchanges) == 2


def test_who_recorded_it_makes_no_difference_what_was_told_does() -> None:
    one = exchange(3, "NEW")
    assert says_the_same(one, exchange(3, "NEW", recorded_by="another", old_serial_number="FIRST"))
    for change in ({"start_value": "00000.001"}, {"removal_value": "1"}, {"digits": 6}, {"decimals": 2}):
        assert not says_the_same(one, exchange(3, "NEW", **change))
