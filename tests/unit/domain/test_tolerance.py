"""What "normal for me" teaches: within bounds, once an alarm, for a while."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from meterflow.consumption import RegisterReading
from meterflow.rate_anomaly import RateScore, judge, register_of
from meterflow.tolerance import LASTS, MOST, NONE, REMEMBERED, TEACHABLE, Tolerance, in_force, raised

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


def test_each_alarm_widens_it_once() -> None:
    one = raised(None, "a", NOW)
    assert (one.multiplier, one.version) == (Decimal("1.5"), 1)
    assert raised(one, "a", NOW + timedelta(days=1)) == one
    two = raised(one, "b", NOW)
    assert (two.multiplier, two.alerts, two.version) == (Decimal("2.25"), ("a", "b"), 2)


def test_it_has_a_bound() -> None:
    held: Tolerance | None = None
    for place in range(50):
        held = raised(held, str(place), NOW)
    assert held is not None
    assert held.multiplier == MOST
    assert len(held.alerts) == REMEMBERED
    forged = held.model_copy(update={"multiplier": Decimal(1000)})
    assert in_force(forged, NOW) == MOST
    assert in_force(held.model_copy(update={"multiplier": Decimal("0.1")}), NOW) == NONE


def test_it_wears_off_and_starts_anew() -> None:
    one = raised(None, "a", NOW)
    assert in_force(one, NOW + LASTS - timedelta(seconds=1)) == Decimal("1.5")
    assert in_force(one, NOW + LASTS) == NONE
    assert in_force(None, NOW) == NONE
    assert raised(raised(one, "b", NOW), "c", NOW + LASTS).multiplier == Decimal("1.5")


def test_nobody_teaches_that_fire_is_normal() -> None:
    assert TEACHABLE.isdisjoint({"FIRE_DETECTED", "SENSOR_FAULT", "TAMPERING", "METER_STUCK", "ENERGY_FAULT"})


def verdict(used: str, tolerance: Decimal) -> RateScore:
    """A meter that used 2.5 m3 a week for eight weeks, and `used` in the last one."""
    past = [RegisterReading(Decimal(400) + Decimal("2.5") * week, NOW - timedelta(weeks=9 - week)) for week in range(9)]
    newest = RegisterReading(past[-1].value + Decimal(used), NOW)
    found = judge(newest, past, register_of("m3", Decimal(100_000), Decimal(1), Decimal(60)), tolerance)
    assert isinstance(found, RateScore)
    return found


def test_a_taught_meter_is_quieter_and_a_burst_is_still_a_burst() -> None:
    more = [verdict("6.0", Decimal(each)).leak_probability for each in ("1", "1.5", "3")]
    assert more[0] > 0.8 > more[1] > more[2]
    assert verdict("6.0", Decimal(3)).basis.high > verdict("6.0", Decimal(1)).basis.high
    assert verdict("50", MOST).burst_probability > 0.5
