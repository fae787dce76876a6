"""Minimum night flow, the water balance of a district, and a new leak in it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from meterflow.scoring.district import new_leak, night_loss, water_balance
from meterflow.scoring.night import Flow, Night, nights, usual_night

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def district(days: int, night: float = 400.0) -> list[Flow]:
    """Hourly inflow of a district: `night` litres an hour before six, 3,000 by day."""
    return [
        Flow(MONDAY + timedelta(hours=hour), MONDAY + timedelta(hours=hour + 1), night if hour % 24 < 6 else 3000.0)
        for hour in range(24 * days)
    ]


def of(*flows: float) -> list[Night]:
    return [Night(date(2026, 3, 1) + timedelta(days=day), flow, 2.0) for day, flow in enumerate(flows)]


def test_a_night_is_the_mean_of_its_hours() -> None:
    found = nights(district(3))
    assert found == [Night(date(2026, 3, day), 400.0, 2.0) for day in (2, 3, 4)]


def test_quarters_count_like_hours_and_long_rows_do_not_count() -> None:
    quarters = [Flow(MONDAY + timedelta(minutes=15 * each), MONDAY + timedelta(minutes=15 * (each + 1)), 25.0)
                for each in range(96)]  # fmt: skip
    assert nights(quarters) == [Night(date(2026, 3, 2), 100.0, 2.0)]
    assert nights([Flow(MONDAY, MONDAY + timedelta(hours=12), 5000.0)]) == []


def test_a_night_measured_for_less_than_half_is_out() -> None:
    part = [flow for flow in district(1) if flow.start.hour != 2]
    assert [night.hours for night in nights(part)] == [1.0]
    assert nights([Flow(MONDAY + timedelta(hours=2), MONDAY + timedelta(hours=2, minutes=45), 9.0)]) == []


def test_a_week_makes_a_usual_night_and_one_loud_night_does_not_move_it() -> None:
    assert usual_night(of(*[400] * 6)) is None
    usual = usual_night(of(400, 410, 390, 405, 5000, 395, 400, 400))
    assert usual is not None
    assert usual.flow == pytest.approx(400, abs=3)
    assert usual.spread < 20


def test_the_balance_is_what_is_not_metered() -> None:
    balance = water_balance(1000.0, [300.0, 250.0, 250.0])
    assert (balance.loss, balance.share) == (200.0, 0.2)


def test_a_meter_that_was_not_read_is_no_leak() -> None:
    balance = water_balance(1000.0, [300.0, None, 300.0])
    assert balance.loss == pytest.approx(100.0)
    assert balance.missing_meters == 1


def test_no_inflow_has_no_share() -> None:
    assert water_balance(0.0, [1.0]).share is None
    assert water_balance(5.0, []).loss == 5.0


def test_leakage_is_night_flow_less_what_is_metered_or_allowed() -> None:
    [inlet] = of(500.0)
    assert night_loss(inlet, metered=120.0).leakage == 380.0
    assert night_loss(inlet, households=100).leakage == pytest.approx(330.0)
    assert night_loss(inlet, households=100).a_day == pytest.approx(6600.0)
    assert night_loss(inlet, metered=700.0).leakage == 0.0


def test_a_new_leak_is_told_from_the_second_night_and_does_not_become_usual() -> None:
    calm = [400.0, 410, 395, 405, 400, 390, 400, 408, 399, 401]
    assert new_leak(of(*calm)) is None
    assert new_leak(of(*calm, 600)) is None
    for count in (2, 5, 40):
        found = new_leak(of(*calm, *[600.0] * count))
        assert found is not None
        assert found.nights == count
        assert found.rate == pytest.approx(200, abs=5)
        assert "2026-03-11" in found.sentence


def test_one_loud_night_and_a_lasting_habit_are_no_new_leak() -> None:
    assert new_leak(of(*[400.0] * 9, 900, 400)) is None
    assert new_leak(of(*[900.0] * 30)) is None
    assert new_leak(of(400, 500)) is None
