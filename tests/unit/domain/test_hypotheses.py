"""Competing explanations: which dominates, when one more photo is asked, and how a meter recovers from a false high."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meterflow import clock, vee
from meterflow.meter import Location, Meter, MeterKind
from meterflow.reading import Source, format_value
from meterflow.vee import Claim, Decision, Earlier, Known, Neighbours, hypotheses
from meterflow.vee.misreading import SHIFTS, instead_of
from meterflow.vee.model import Case
from meterflow.vee.rule_sets import shipped

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
METER = Meter(
    meter_id="WTR-1",
    kind=MeterKind.WATER,
    unit="m3",
    digits=5,
    decimals=3,
    max_daily=Decimal("60"),
    location=Location(lat=52.5, lon=13.4),
    owner="owner",
    registered_at="2026-01-01T00:00:00Z",
)
A_WEEK = Decimal("2.100")


def text(value: Decimal) -> str:
    return format_value(value % METER.capacity, 5, 3)


def ago(days: float) -> str:
    return clock.to_text(NOW - timedelta(days=days))


def weekly(start: str = "412.350", weeks: int = 20) -> list[Known]:
    """A reading every week, newest first; the newest is a week old and shows `start`."""
    return [Known(text(Decimal(start) - A_WEEK * back), ago(7 * (back + 1)), f"h-{back}") for back in range(weeks)]


def judge(value: str, history: list[Known], source: Source = Source.CUSTOMER, **more: object) -> Decision:
    claim = Claim(value, ago(0), source, "owner")
    return vee.check_history(claim, METER, Neighbours(history[0]), history=history, **more)  # type: ignore[arg-type]


def case(value: str, history: list[Known]) -> Case:
    limits = shipped().sets[Source.CUSTOMER].limits
    return Case(METER, Decimal(value), NOW, limits, previous=history[0], history=tuple(history))


# --- shares -----------------------------------------------------------------------------------------------------

# name -> submitted, the newest reading before, the explanation that leads
LEADS = {
    "what it usually uses": ("00414.450", "412.350", "as_read"),
    "one wrong figure": ("00484.450", "412.350", "misread"),
    "two transposed": ("00441.450", "412.350", "misread"),
    "far more, and no slip makes it usual": ("00436.900", "412.350", "true_high"),
    "the last wheels turned": ("00001.900", "99999.800", "rollover"),
    "a new meter": ("00001.100", "412.350", "exchange"),
}


@pytest.mark.parametrize("name", LEADS)
def test_the_likeliest_explanation(name: str) -> None:
    value, newest, expected = LEADS[name]
    weighed = hypotheses.weigh(case(value, weekly(newest)), None)
    assert weighed[0].name == expected, weighed
    assert abs(sum(one.share for one in weighed) - 1) < 1e-4


def test_a_misread_says_what_the_register_may_have_shown() -> None:
    [misread] = [one for one in hypotheses.weigh(case("00454.450", weekly()), None) if one.name == "misread"]
    assert misread.because == "one figure is wrong: 414.450"


@settings(max_examples=150, deadline=None)
@given(st.integers(412_350, 99_999_999))
def test_evidence_only_ever_speaks_against_a_misread(steps: int) -> None:
    """A photo that shows the value, or a second reading that agrees, never makes "misread" likelier."""
    one = case(f"{Decimal(steps).scaleb(-3):f}", weekly())
    alone = hypotheses.share(hypotheses.weigh(one, None), "misread")
    assert hypotheses.share(hypotheses.weigh(one, None, photo_matches=True), "misread") <= alone + 1e-6
    assert hypotheses.share(hypotheses.weigh(one, None, witnesses=1), "misread") <= alone + 1e-6


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 99_999_999))
def test_every_misreading_is_another_value_on_the_register(steps: int) -> None:
    value = Decimal(steps).scaleb(-3)
    found = list(instead_of(value, METER))
    assert all(0 <= one.value < METER.capacity and one.share > 0 for one in found)
    assert all(one.value != value or one.how in ("a figure is missing", "the point is misplaced") for one in found)
    assert sum(one.share for one in found) <= 1.0 + 1e-9 or value == 0 or f"{steps:08d}"[0] == "0"


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 99_999_999), st.integers(0, 7), st.integers(1, 9))
def test_a_wrong_figure_is_found_among_the_misreadings(steps: int, place: int, by: int) -> None:
    figures = f"{steps:08d}"
    sent = figures[:place] + str((int(figures[place]) + by) % 10) + figures[place + 1 :]
    values = {one.value for one in instead_of(Decimal(int(sent)).scaleb(-3), METER)}
    assert Decimal(steps).scaleb(-3) in values


@pytest.mark.parametrize("shift", SHIFTS)
def test_a_misplaced_point_is_found_among_the_misreadings(shift: int) -> None:
    values = {one.value for one in instead_of(Decimal("41.200") * 10**shift, METER)}
    assert (Decimal("41.200") in values) is (Decimal("41.200") * 10**shift < METER.capacity)


# --- one more photo ---------------------------------------------------------------------------------------------


def test_a_high_reading_that_one_slip_explains_asks_for_a_photo() -> None:
    said = judge("00484.450", weekly())
    assert (said.outcome, said.reasons) == ("REVIEW", ("high_use", "one_more_photo"))
    assert said.if_photo_matches == ("high_use",)
    assert said.hypotheses[0].name == "misread"


def test_a_high_reading_that_nothing_else_explains_stands() -> None:
    said = judge("00436.900", weekly())
    assert (said.outcome, said.reasons) == ("ACCEPT", ("high_use",))


def test_the_next_reading_confirms_the_one_that_waits() -> None:
    waits = Known("00454.450", ago(3.5), "w-1")
    said = judge("00455.600", weekly(), witnesses=[waits])
    assert (said.outcome, said.reasons) == ("ACCEPT", ("high_use",))
    assert said.earlier == (Earlier("w-1", "ACCEPTED", "confirmed_by_next"),)


def test_the_next_reading_refutes_the_one_that_waits() -> None:
    waits = Known("00454.450", ago(3.5), "w-1")
    said = judge("00414.450", weekly(), witnesses=[waits])
    assert (said.outcome, said.reasons) == ("ACCEPT", ())
    assert said.earlier == (Earlier("w-1", "REJECTED", "refuted_by_next"),)


def test_a_refused_reading_settles_nothing() -> None:
    waits = Known("00454.450", ago(3.5), "w-1")
    assert judge("00100.000", weekly(), witnesses=[waits]).earlier == ()


# --- rollover on evidence ---------------------------------------------------------------------------------------


def test_a_turn_of_the_register_needs_evidence() -> None:
    near_the_end = weekly("99999.800")
    unseen = judge("00001.900", near_the_end)
    assert (unseen.outcome, unseen.reasons) == ("REVIEW", ("rollover_suspected", "one_more_photo"))
    assert unseen.if_photo_matches == ("rollover_confirmed",)
    by_technician = judge("00001.900", near_the_end, Source.TECHNICIAN)
    assert (by_technician.outcome, by_technician.reasons) == ("ACCEPT", ("rollover_confirmed",))
    second = judge("00001.900", near_the_end, witnesses=[Known("00000.850", ago(3.5), "w-1")])
    assert (second.outcome, second.reasons) == ("ACCEPT", ("rollover_confirmed",))
    assert second.earlier == (Earlier("w-1", "ACCEPTED", "confirmed_by_next"),)


# --- one false high ---------------------------------------------------------------------------------------------

FALSE_HIGH = Known("00514.450", ago(7), "false")


def locked() -> list[Known]:
    """A figure was misread and the reading accepted by mistake: every true reading stands below it now."""
    return [FALSE_HIGH, *(replace(one, taken_at=ago(7 * (at + 2))) for at, one in enumerate(weekly()))]


def test_the_first_true_reading_after_a_false_high_asks_and_the_second_recovers() -> None:
    first = judge("00416.550", locked())
    assert (first.outcome, first.reasons) == ("REVIEW", ("decreasing", "one_more_photo"))
    assert first.if_photo_matches == ("false_high_recovered",)
    waits = Known("00415.500", ago(3.5), "w-1")
    second = judge("00416.550", locked(), witnesses=[waits])
    assert (second.outcome, second.reasons) == ("ACCEPT", ("false_high_recovered",))
    assert second.earlier == (
        Earlier("false", "REJECTED", "false_high"),
        Earlier("w-1", "ACCEPTED", "confirmed_by_next"),
    )


def test_a_technician_on_the_spot_recovers_the_meter_at_once() -> None:
    said = judge("00416.550", locked(), Source.TECHNICIAN)
    assert (said.outcome, said.reasons) == ("ACCEPT", ("false_high_recovered",))


def test_estimates_that_stood_on_the_false_high_go_with_it() -> None:
    estimate = Known("00515.000", ago(1), "e-1", estimated=True)
    said = vee.check_history(
        Claim("00416.550", ago(0), Source.TECHNICIAN, "t"),
        METER,
        Neighbours(FALSE_HIGH),
        history=[estimate, *locked()],
    )
    assert [one.submission_id for one in said.earlier] == ["e-1", "false"]


def test_two_readings_that_agree_are_no_false_high() -> None:
    twice = [Known("00515.000", ago(2), "also"), *locked()]
    said = judge("00416.550", twice)
    assert (said.outcome, said.earlier) == ("REJECT", ())
    assert "decreasing" in said.reasons


def test_an_ordinary_reading_before_is_not_doubted_for_a_low_one_after() -> None:
    said = judge("00411.900", weekly())
    assert (said.outcome, said.reasons) == ("REJECT", ("decreasing",))


def test_a_value_that_continues_nothing_is_refused() -> None:
    said = judge("00100.000", locked())
    assert said.outcome == "REJECT"
    assert "decreasing" in said.reasons


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 4),
    st.integers(1, 9),
    st.decimals("0.5", "2.0", places=2),
    st.integers(100_000, 9_000_000),
)
def test_whatever_figure_was_misread_the_meter_recovers_with_one_confirming_reading(
    place: int, by: int, level: Decimal, start: int
) -> None:
    """The property behind the promise: one wrong figure upwards, accepted; two true readings later all is well."""
    use = (Decimal("2.1") * level).quantize(Decimal("0.001"))
    base = Decimal(start).scaleb(-3) + 60
    true = [base + use * week for week in range(23)]
    history = [Known(text(true[week]), ago(7 * (23 - week)), f"h-{week}") for week in range(20, -1, -1)]
    figures = text(true[20])
    wrong = figures[:place] + str(min(9, int(figures[place]) + by)) + figures[place + 1 :]
    high = Decimal(wrong) - true[20]
    # Only what would have been accepted by mistake and locks the meter: more than the next readings catch up with.
    if not use * 4 < high <= METER.max_daily * 7:
        return
    history[0] = Known(wrong, history[0].taken_at, "false")
    first = judge_at(true[21], ago(7), history, [])
    if first.outcome == "ACCEPT":
        return
    assert "one_more_photo" in first.reasons
    waits = Known(text(true[21]), ago(7), "w-1")
    second = judge_at(true[22], ago(0), history, [waits])
    assert second.outcome == "ACCEPT"
    assert Earlier("false", "REJECTED", "false_high") in second.earlier
    assert Earlier("w-1", "ACCEPTED", "confirmed_by_next") in second.earlier


def judge_at(value: Decimal, taken_at: str, history: list[Known], witnesses: list[Known]) -> Decision:
    claim = Claim(text(value), taken_at, Source.CUSTOMER, "owner")
    return vee.check_history(claim, METER, Neighbours(history[0]), history=history, witnesses=witnesses)
