"""Validation: every rule for every source, and what must hold for any reading."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterflow import clock, vee
from meterflow.meter import Exchange, Location, Meter, MeterKind
from meterflow.reading import Source, format_value
from meterflow.vee import Claim, Known, Neighbours, Outcome
from meterflow.vee.rule_sets import shipped

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
OWNER = "owner"
METER = Meter(
    meter_id="WTR-1",
    kind=MeterKind.WATER,
    unit="m3",
    digits=5,
    decimals=3,
    max_daily=Decimal("60"),
    location=Location(lat=52.5, lon=13.4),
    owner=OWNER,
    registered_at="2026-01-01T00:00:00Z",
)
YESTERDAY = Known("00100.000", "2026-11-20T12:00:00Z")
TOMORROW = Known("00150.000", "2026-11-22T12:00:00Z")
NEAR_THE_END = Known("99990.000", "2026-11-20T12:00:00Z")
INACTIVE = METER.model_copy(update={"active": False})
# At noon, twelve hours before the readings of the table: the old meter stood at 130, the new one starts at 1.5.
EXCHANGED = METER.model_copy(
    update={
        "exchanges": (
            Exchange(exchanged_at="2026-11-21T00:00:00Z", removal_value="00130.000", start_value="00001.500"),
        )
    }
)
CUSTOMER, TECHNICIAN, DEVICE, ESTIMATE = Source.CUSTOMER, Source.TECHNICIAN, Source.DEVICE, Source.ESTIMATE
EVERYBODY = (CUSTOMER, TECHNICIAN, DEVICE, ESTIMATE)


def claim(value: str = "00110.000", taken_at: str = "2026-11-21T12:00:00Z", by: str = OWNER) -> Claim:
    return Claim(value, taken_at, CUSTOMER, by)


def judge(
    one: Claim, source: Source, meter: Meter | None = METER, around: Neighbours | None = None
) -> tuple[str, tuple[str, ...]]:
    mine = replace(one, source=source)
    decision = vee.check_form(mine, meter, NOW)
    if decision is None:
        assert meter is not None
        decision = vee.check_history(mine, meter, around or Neighbours())
    return decision.outcome.value, decision.reasons


def test_all_sources_have_rules() -> None:
    assert set(shipped().sets) == set(Source)


def for_all(outcome: str, code: str) -> dict[Source, tuple[str, tuple[str, ...]]]:
    return dict.fromkeys(EVERYBODY, (outcome, (code,) if code else ()))


# name -> claim, meter, neighbours, what each source gets
TABLE = {
    "first reading ever": (claim(), METER, Neighbours(), for_all("ACCEPT", "")),
    "ordinary use": (claim(), METER, Neighbours(YESTERDAY), for_all("ACCEPT", "")),
    "no use": (claim("00100.000"), METER, Neighbours(YESTERDAY), for_all("ACCEPT", "")),
    "not a number": (claim("12a"), METER, Neighbours(), for_all("REJECT", "value_malformed")),
    "not a time": (claim(taken_at="noon"), METER, Neighbours(), for_all("REJECT", "time_malformed")),
    "unknown meter": (claim(), None, Neighbours(), for_all("REJECT", "meter_unknown")),
    "inactive meter": (
        claim(),
        INACTIVE,
        Neighbours(),
        for_all("REJECT", "meter_inactive") | {TECHNICIAN: ("ACCEPT", ())},
    ),
    "inactive meter that stands still": (
        claim("00100.000"),
        INACTIVE,
        Neighbours(YESTERDAY),
        for_all("REJECT", "meter_inactive") | {TECHNICIAN: ("ACCEPT", ())},
    ),
    "inactive meter that counts": (
        claim("00100.001"),
        INACTIVE,
        Neighbours(YESTERDAY),
        for_all("REJECT", "meter_inactive") | {TECHNICIAN: ("REVIEW", ("use_while_inactive",))},
    ),
    "in litres": (
        replace(claim("110000"), unit="l"),
        METER,
        Neighbours(YESTERDAY),
        for_all("ACCEPT", "unit_converted"),
    ),
    "in the meter's own unit": (replace(claim(), unit="m3"), METER, Neighbours(YESTERDAY), for_all("ACCEPT", "")),
    "in kilowatt hours": (replace(claim(), unit="kWh"), METER, Neighbours(), for_all("REJECT", "unit_wrong")),
    "in a unit that nobody knows": (
        replace(claim(), unit="cubits"),
        METER,
        Neighbours(),
        for_all("REJECT", "unit_wrong"),
    ),
    "in litres, and more than the register shows": (
        replace(claim("100000000"), unit="l"),
        METER,
        Neighbours(),
        for_all("REJECT", "too_many_digits"),
    ),
    "another serial number": (
        replace(claim("00003.000"), serial_number="NEW-1"),
        METER.model_copy(update={"serial_number": "OLD-1"}),
        Neighbours(YESTERDAY),
        for_all("REJECT", "")
        | {
            TECHNICIAN: ("ACCEPT", ("meter_exchanged",)),
            **dict.fromkeys((CUSTOMER, DEVICE, ESTIMATE), ("REJECT", ("other_serial", "decreasing"))),
        },
    ),
    "the same serial number, written otherwise": (
        replace(claim(), serial_number="old 1"),
        METER.model_copy(update={"serial_number": "OLD-1"}),
        Neighbours(YESTERDAY),
        for_all("ACCEPT", ""),
    ),
    "another serial number on a value that fits": (
        replace(claim(), serial_number="NEW-1"),
        METER.model_copy(update={"serial_number": "OLD-1"}),
        Neighbours(YESTERDAY),
        for_all("REVIEW", "other_serial") | {TECHNICIAN: ("ACCEPT", ("meter_exchanged",))},
    ),
    "after a recorded exchange": (
        claim("00002.000"),
        EXCHANGED,
        Neighbours(YESTERDAY),
        for_all("ACCEPT", "meter_exchanged"),
    ),
    "after a recorded exchange, below its start": (
        claim("00001.499"),
        EXCHANGED,
        Neighbours(YESTERDAY),
        dict.fromkeys(EVERYBODY, ("REJECT", ("meter_exchanged", "decreasing")))
        | {TECHNICIAN: ("REVIEW", ("meter_exchanged", "decreasing"))},
    ),
    "after a recorded exchange, too fast": (
        claim("00061.501"),
        EXCHANGED,
        Neighbours(YESTERDAY),
        dict.fromkeys(EVERYBODY, ("REJECT", ("meter_exchanged", "above_maximum_rate"))),
    ),
    "late, before a recorded exchange and above its end": (
        claim("00130.001", "2026-11-20T18:00:00Z"),
        EXCHANGED,
        Neighbours(YESTERDAY, TOMORROW),
        dict.fromkeys(EVERYBODY, ("REJECT", ("above_later_reading", "late_reading")))
        | {
            TECHNICIAN: ("REVIEW", ("above_later_reading", "late_reading")),
            DEVICE: ("REJECT", ("above_maximum_rate", "above_later_reading", "late_reading")),
        },
    ),
    "somebody else's meter": (
        claim(by="stranger"),
        METER,
        Neighbours(),
        for_all("ACCEPT", "") | {CUSTOMER: ("REJECT", ("submitter_not_owner",))},
    ),
    "somebody else's photo": (
        replace(claim(), photo_key="uploads/stranger/p.jpg"),
        METER,
        Neighbours(),
        for_all("REJECT", "photo_not_yours"),
    ),
    "one's own photo": (
        replace(claim(), photo_key=f"uploads/{OWNER}/p.jpg"),
        METER,
        Neighbours(),
        for_all("ACCEPT", ""),
    ),
    "the photo of somebody whose name begins alike": (
        replace(claim(), photo_key=f"uploads/{OWNER}2/p.jpg"),
        METER,
        Neighbours(),
        for_all("REJECT", "photo_not_yours"),
    ),
    "a photo that nobody uploaded": (
        replace(claim(), photo_key=f"photos/{OWNER}/p.jpg"),
        METER,
        Neighbours(),
        for_all("REJECT", "photo_not_yours"),
    ),
    "point left out": (claim("00110000"), METER, Neighbours(), for_all("REJECT", "too_many_digits")),
    "too many decimals": (claim("00110.0001"), METER, Neighbours(), for_all("REJECT", "too_many_decimals")),
    "five minutes ahead": (claim(taken_at="2026-11-21T12:05:00Z"), METER, Neighbours(), for_all("ACCEPT", "")),
    "further ahead": (
        claim(taken_at="2026-11-21T12:05:01Z"),
        METER,
        Neighbours(),
        for_all("REJECT", "taken_in_future"),
    ),
    "duplicate": (
        claim(),
        METER,
        Neighbours(YESTERDAY, same_time=Known("00110.000", "2026-11-21T12:00:00Z")),
        for_all("REJECT", "duplicate"),
    ),
    "decreasing": (
        claim("00099.999"),
        METER,
        Neighbours(YESTERDAY),
        for_all("REJECT", "decreasing") | {TECHNICIAN: ("REVIEW", ("decreasing",))},
    ),
    "turned over": (
        claim("00005.000"),
        METER,
        Neighbours(NEAR_THE_END),
        for_all("REVIEW", "")
        | dict.fromkeys((CUSTOMER, DEVICE), ("REVIEW", ("rollover_suspected", "one_more_photo")))
        | {TECHNICIAN: ("ACCEPT", ("rollover_confirmed",)), ESTIMATE: ("REJECT", ("rollover_suspected",))},
    ),
    "turned over too fast": (
        claim("00051.000"),
        METER,
        Neighbours(NEAR_THE_END),
        for_all("REJECT", "decreasing") | {TECHNICIAN: ("REVIEW", ("decreasing",))},
    ),
    "at the maximum rate": (claim("00160.000"), METER, Neighbours(YESTERDAY), for_all("ACCEPT", "")),
    "above the maximum rate": (
        claim("00160.001"),
        METER,
        Neighbours(YESTERDAY),
        for_all("REJECT", "above_maximum_rate"),
    ),
    "multiplied above the maximum rate": (
        claim("00110.000"),
        METER.model_copy(update={"multiplier": Decimal(10)}),
        Neighbours(YESTERDAY),
        for_all("REJECT", "above_maximum_rate"),
    ),
    "a day's use within the hour": (
        claim("00150.000"),
        METER,
        Neighbours(Known("00100.000", "2026-11-21T11:00:00Z")),
        for_all("ACCEPT", "") | {DEVICE: ("REJECT", ("above_maximum_rate",))},
    ),
    "late": (claim(), METER, Neighbours(YESTERDAY, TOMORROW), for_all("ACCEPT", "late_reading")),
    "late and before all others": (claim(), METER, Neighbours(None, TOMORROW), for_all("ACCEPT", "late_reading")),
    "late and above the later one": (
        claim("00150.001"),
        METER,
        Neighbours(YESTERDAY, TOMORROW),
        dict.fromkeys(EVERYBODY, ("REJECT", ("above_later_reading", "late_reading")))
        | {TECHNICIAN: ("REVIEW", ("above_later_reading", "late_reading"))},
    ),
    "late, just before a turn": (
        claim("99995.000"),
        METER,
        Neighbours(NEAR_THE_END, Known("00010.000", "2026-11-22T12:00:00Z")),
        for_all("ACCEPT", "late_reading"),
    ),
}


@pytest.mark.parametrize("source", EVERYBODY)
@pytest.mark.parametrize("name", TABLE)
def test_rule(name: str, source: Source) -> None:
    one, meter, around, expected = TABLE[name]
    assert judge(one, source, meter, around) == expected[source]


def test_the_table_has_every_reason_of_a_rule_that_needs_no_history() -> None:
    codes = {code for *_, expected in TABLE.values() for _, reasons in expected.values() for code in reasons}
    assert codes == {
        "value_malformed",
        "time_malformed",
        "meter_unknown",
        "submitter_not_owner",
        "photo_not_yours",
        "meter_inactive",
        "use_while_inactive",
        "unit_wrong",
        "unit_converted",
        "other_serial",
        "meter_exchanged",
        "rollover_confirmed",
        "one_more_photo",
        "too_many_digits",
        "too_many_decimals",
        "taken_in_future",
        "duplicate",
        "decreasing",
        "rollover_suspected",
        "above_maximum_rate",
        "above_later_reading",
        "late_reading",
    }


thousandths = st.integers(0, 99_999_999)
hours = st.integers(1, 24 * 400)


def text(steps: int) -> str:
    return format_value(Decimal(steps).scaleb(-3), 5, 3)


def at(hours_ago: int) -> str:
    return clock.to_text(NOW - timedelta(hours=hours_ago))


@given(st.sampled_from(Source), thousandths, thousandths, hours)
def test_an_accepted_reading_never_goes_back_nor_beats_the_rate(
    source: Source, before: int, now: int, age: int
) -> None:
    outcome, reasons = judge(claim(text(now)), source, around=Neighbours(Known(text(before), at(age))))
    days = max(Decimal(age) / 24, Decimal(1))
    possible = Decimal(now - before).scaleb(-3) <= 60 * days
    if "rollover_confirmed" in reasons:
        # A technician stands before the meter: the turn is no step back, and its use is possible.
        assert source == TECHNICIAN
        assert Decimal(100_000_000 + now - before).scaleb(-3) <= 60 * days
    elif outcome == Outcome.ACCEPT:
        assert now >= before
        assert possible
    elif now >= before and possible and source != DEVICE:
        pytest.fail("an ordinary reading was not accepted")


@given(st.sampled_from(Source), thousandths, thousandths, thousandths)
def test_an_accepted_late_reading_lies_between_its_neighbours(source: Source, low: int, value: int, high: int) -> None:
    low, high = sorted((low, high))
    around = Neighbours(Known(text(low), at(24 * 365 * 10)), Known(text(high), at(1)))
    outcome, reasons = judge(claim(text(value), at(2)), source, around=around)
    assert "late_reading" in reasons
    if outcome == Outcome.ACCEPT:
        assert low <= value <= high


@given(st.text(max_size=30), st.text(max_size=30), st.sampled_from(Source))
def test_no_message_breaks_the_rules(value: str, taken_at: str, source: Source) -> None:
    outcome, reasons = judge(claim(value, taken_at), source)
    assert outcome == Outcome.ACCEPT or reasons
