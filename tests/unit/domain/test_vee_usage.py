"""The rules about use, at their boundaries: high, low and zero use, sub-meters, estimates that go on too long."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meterflow import clock, vee
from meterflow.meter import Location, Meter, MeterKind
from meterflow.reading import Source, format_value
from meterflow.vee import Claim, Decision, Known, Neighbours

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


def weekly(weeks: int = 20, use: Decimal = A_WEEK, start: Decimal = Decimal(100)) -> list[Known]:
    """A reading every week until a week ago, newest first."""
    return [
        Known(text(start + use * week), clock.to_text(NOW - timedelta(weeks=weeks - week)), f"h-{week}")
        for week in range(weeks - 1, -1, -1)
    ]


def text(value: Decimal) -> str:
    return format_value(value, 5, 3)


def judge(value: Decimal, history: list[Known], source: Source = Source.CUSTOMER, **more: object) -> Decision:
    claim = Claim(text(value), clock.to_text(NOW), source, "owner")
    previous = next((one for one in history if not one.estimated), None)
    meter = more.pop("meter", METER)
    return vee.check_history(claim, meter, Neighbours(previous), history=history, **more)  # type: ignore[arg-type]


# The median rate is 0.3 m3 a day and never varies, so its spread is the floor: a quarter of it, 0.075. Five of these
# above the median are 0.675 a day, and two and a half times the median 0.75: the factor decides, 5.25 m3 in a week.
@pytest.mark.parametrize(
    ("use", "code"),
    [("2.100", None), ("5.250", None), ("5.251", "high_use"), ("0.420", None), ("0.419", "low_use"), ("0.000", None)],
)
def test_high_and_low_use(use: str, code: str | None) -> None:
    history = weekly()
    found = {"high_use", "low_use"} & set(judge(history[0].value + Decimal(use), history).reasons)
    assert found == ({code} if code else set())


def test_without_a_history_of_its_own_a_meter_is_not_compared_with_it() -> None:
    history = weekly(4)
    assert judge(history[0].value + 50, history).reasons == ()


def test_estimates_say_nothing_of_a_meters_usual() -> None:
    """A history of estimates alone has no usual; true readings among them have theirs."""
    computed = [Known(one.text, one.taken_at, estimated=True) for one in weekly()]
    mostly = [weekly()[0], *computed[1:]]
    assert judge(computed[0].value + 50, mostly).reasons == ()
    assert judge(computed[0].value + 50, weekly()).reasons == ("high_use",)


@pytest.mark.parametrize(("days", "code"), [(44, False), (45, True), (60, True)])
def test_zero_use(days: int, code: bool) -> None:
    still = [Known("00100.000", clock.to_text(NOW - timedelta(days=back))) for back in (7, days)]
    assert ("zero_use" in judge(Decimal(100), still).reasons) is code
    moved = [still[0], Known("00099.999", still[1].taken_at)]
    assert "zero_use" not in judge(Decimal(100), moved).reasons


@pytest.mark.parametrize(("children", "code"), [("2.206", False), ("2.207", True), ("0", False)])
def test_submeters(children: str, code: bool) -> None:
    """The parent counted 2.1; five per cent more, and a litre for the last wheel, is no contradiction."""
    history = weekly()
    parent = METER.model_copy(update={"submeters": ("a", "b")})
    half = Decimal(children) / 2
    said = judge(history[0].value + A_WEEK, history, meter=parent, children={"a": half, "b": half})
    assert ("submeters_exceed" in said.reasons) is code
    assert said.outcome == ("REVIEW" if code else "ACCEPT")
    alone = judge(history[0].value + A_WEEK, history, meter=parent, children={"a": Decimal(100)})
    assert "submeters_exceed" not in alone.reasons, "a sub-meter without readings leaves the sum unknown"


@pytest.mark.parametrize(("days", "code"), [(120, False), (121, True)])
def test_estimates_that_go_on_too_long(days: int, code: bool) -> None:
    true = Known("00100.000", clock.to_text(NOW - timedelta(days=days)))
    computed = Known("00110.000", clock.to_text(NOW - timedelta(days=30)), estimated=True)
    said = judge(Decimal(120), [computed, true], Source.ESTIMATE)
    assert (said.reasons, said.outcome) == ((("estimated_too_long",), "REVIEW") if code else ((), "ACCEPT"))
    assert "estimated_too_long" not in judge(Decimal(120), [computed, true]).reasons, "a reading ends it"


@settings(max_examples=200, deadline=None)
@given(st.decimals("0.001", "300", places=3), st.sampled_from([Source.CUSTOMER, Source.DEVICE, Source.TECHNICIAN]))
def test_an_estimate_never_refuses_a_true_reading(use: Decimal, source: Source) -> None:
    """Whatever the estimate said, the reading is judged as if it had never been made."""
    history = weekly()
    value = history[0].value + use
    estimate = Known("09999.000", clock.to_text(NOW - timedelta(days=1)), "e", estimated=True)
    with_it, without = judge(value, [estimate, *history], source), judge(value, history, source)
    assert (with_it.outcome, with_it.reasons) == (without.outcome, without.reasons)


@settings(max_examples=200, deadline=None)
@given(st.decimals("0", "59", places=3), st.integers(0, 19))
def test_more_use_is_never_less_suspicious(use: Decimal, extra: int) -> None:
    history = weekly()
    less = "high_use" in judge(history[0].value + use, history).reasons
    more = "high_use" in judge(history[0].value + use + extra, history).reasons
    assert more or not less
