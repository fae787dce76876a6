"""A meter's own rate against its history."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterflow.consumption import RegisterReading
from meterflow.rate_anomaly import (
    REGISTER_RAN_BACK,
    TOO_LITTLE_HISTORY,
    NoVerdict,
    RateScore,
    burst_probability,
    judge,
    leak_probability,
    register_of,
)
from meterflow.risk import calculate_risk_level

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
WATER = register_of("m3", Decimal(100_000), Decimal(1), max_daily=Decimal(60))


def history(uses: list[str], last: str = "412.350", step: timedelta = timedelta(days=7)) -> list[RegisterReading]:
    """Readings that end one step before NOW at `last`; `uses` are the intervals, newest first."""
    value, moment = Decimal(last), NOW - step
    found = [RegisterReading(value, moment)]
    for use in uses:
        value, moment = value - Decimal(use), moment - step
        found.append(RegisterReading(value, moment))
    return found


def reading(value: str, days: float = 0) -> RegisterReading:
    return RegisterReading(Decimal(value), NOW + timedelta(days=days))


def scored(new: RegisterReading, past: list[RegisterReading]) -> RateScore:
    verdict = judge(new, past, WATER)
    assert isinstance(verdict, RateScore)
    return verdict


STEADY = ["2.5", "2.4", "2.6", "2.5", "2.3", "2.7", "2.5", "2.4"]


def test_usual_use_is_nothing_to_speak_of() -> None:
    verdict = scored(reading("414.850"), history(STEADY))
    assert verdict.score < 0.1
    assert verdict.leak_probability < 0.02
    assert verdict.burst_probability < 0.01
    assert verdict.days_of_excess == 0


def test_the_reason_is_one_sentence_that_names_the_readings() -> None:
    assert scored(reading("452.350"), history(STEADY)).reason == (
        "40 m3 in 7 days (412.350 on 2026-11-14 to 452.350 on 2026-11-21) is 5.71 m3 a day; "
        "usual is 0.357 a day over 8 earlier intervals."
    )


def test_a_running_toilet_is_a_leak_and_no_burst() -> None:
    # 40 l/h beside the usual: 6.7 m3 more in a week.
    verdict = scored(reading("421.550"), history(STEADY))
    assert verdict.leak_probability > 0.8
    assert verdict.burst_probability < 0.2
    assert verdict.days_of_excess == 7


def test_a_burst_shows_within_a_day() -> None:
    verdict = scored(reading("426.350", days=-6), history(STEADY))
    assert verdict.burst_probability > 0.5
    assert verdict.leak_probability < 0.2, "one day is not sustained"


def test_an_excess_grows_into_a_leak_as_it_lasts() -> None:
    past, value = history(STEADY), Decimal("412.350")
    found = []
    for day in range(1, 9):
        value += Decimal("1.6")
        new = reading(str(value), days=day - 7)
        found.append(scored(new, past).leak_probability)
        past.append(new)
    assert found == sorted(found)
    assert found[0] < 0.2
    assert found[6] > 0.6
    assert found[7] == found[6], "after a week the time adds nothing"


def test_the_excess_of_the_week_before_does_not_count_through_a_usual_day() -> None:
    past = [*history(STEADY), reading("419", days=-6), reading("419.3", days=-5)]
    assert scored(reading("421", days=-4), past).days_of_excess == 1


def test_an_excess_does_not_last_across_a_rollback() -> None:
    past = [*history(STEADY), reading("418", days=-3), reading("417", days=-2)]
    assert scored(reading("422"), past).days_of_excess == 2


def test_a_short_interval_is_judged_more_gently() -> None:
    # The same rate, seen over a day and over the usual week: the day's z is smaller by the root of seven.
    week = scored(reading("420.850"), history(STEADY)).robust_z
    day = scored(RegisterReading(Decimal("412.350") + Decimal("8.5") / 7, NOW - timedelta(days=6)), history(STEADY))
    assert day.robust_z == pytest.approx(week / 7**0.5, rel=1e-3)


def test_a_stuck_meter_is_unusual_and_no_loss() -> None:
    verdict = scored(reading("412.350"), history(STEADY))
    assert verdict.score > 0.4
    assert verdict.robust_z < -5
    assert verdict.leak_probability == 0
    assert verdict.burst_probability < 0.01


def test_a_dripping_tap_in_an_empty_home_is_below_the_least_spread() -> None:
    verdict = scored(reading("412.700"), history(["0"] * 8))
    assert calculate_risk_level(verdict.leak_probability, verdict.burst_probability, "CRITICAL") == "LOW"


def test_too_little_history_gives_no_verdict_and_says_so() -> None:
    assert judge(reading("414"), [], WATER) == NoVerdict(TOO_LITTLE_HISTORY)
    assert judge(reading("414"), history(STEADY[:3]), WATER) == NoVerdict(TOO_LITTLE_HISTORY)
    assert isinstance(judge(reading("414"), history(STEADY[:4]), WATER), RateScore)


def test_later_readings_are_not_looked_at() -> None:
    later = [RegisterReading(Decimal(999), NOW + timedelta(days=3)), RegisterReading(Decimal(500), NOW)]
    assert judge(reading("414.850"), [*later, *history(STEADY)], WATER) == scored(reading("414.850"), history(STEADY))


def test_a_register_that_ran_back_gives_no_verdict() -> None:
    assert judge(reading("411"), history(STEADY), WATER) == NoVerdict(REGISTER_RAN_BACK)


def test_a_rollover_is_usual_use() -> None:
    verdict = scored(reading("0.500"), history(STEADY, last="99998"))
    assert abs(verdict.robust_z) < 0.1


def test_winter_heat_is_compared_with_last_winter_and_not_with_summer() -> None:
    heat = register_of("kWh", Decimal(1_000_000), Decimal(1), max_daily=Decimal(1675))
    winter, summer = ["210", "190", "205", "220", "185"], ["5"] * 37
    uses = [*["160", "120", "90", "60", "40", "25", "15", "10", "8", "6"], *summer, *winter]
    value = Decimal(20_000)
    verdict = judge(reading(str(value + 200)), history(uses, last=str(value)), heat)
    assert isinstance(verdict, RateScore)
    assert calculate_risk_level(verdict.leak_probability, verdict.burst_probability, "CRITICAL") == "LOW"


def test_a_multiplier_changes_no_score() -> None:
    plain = register_of("kWh", Decimal(100_000), Decimal(1), max_daily=Decimal(60))
    transformed = register_of("kWh", Decimal(100_000), Decimal(40), max_daily=Decimal(2400))
    one, other = (judge(reading("420"), history(STEADY), each) for each in (plain, transformed))
    assert isinstance(one, RateScore)
    assert isinstance(other, RateScore)
    assert (one.score, one.robust_z) == (other.score, other.robust_z)
    assert other.reason.startswith("306 kWh in 7 days")


uses = st.decimals("0", "400", places=3)


@given(uses, uses)
def test_more_use_never_looks_safer(one: Decimal, other: Decimal) -> None:
    less, more = sorted((one, other))
    low, high = (scored(reading(str(Decimal("412.350") + use)), history(STEADY)) for use in (less, more))
    assert low.leak_probability <= high.leak_probability
    assert low.burst_probability <= high.burst_probability
    assert 0 <= low.score <= 1


@pytest.mark.parametrize("z", [-1e6, -3.0, 0.0, 3.0, 30.0, 1e6])
def test_probabilities_stay_between_zero_and_one(z: float) -> None:
    assert 0 <= burst_probability(z) <= 1
    assert 0 <= leak_probability(z, Decimal(30)) <= 1


def test_the_documented_formula() -> None:
    assert leak_probability(6.0, Decimal(7)) == 0.5
    assert leak_probability(6.0, Decimal("3.5")) == 0.25
    assert burst_probability(30.0) == 0.5
    assert leak_probability(7.5, Decimal(7)) == pytest.approx(0.7310586)
    assert burst_probability(35.0) == pytest.approx(0.7310586)
