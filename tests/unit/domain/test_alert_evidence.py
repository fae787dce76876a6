"""What an alarm is made of."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from meterflow.alert_evidence import MOST_INTERVALS, Evidence, of_rate, of_sensor, of_uses
from meterflow.clock import to_text
from meterflow.consumption import RegisterReading
from meterflow.rate_anomaly import RateScore, judge, register_of

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


def of_weeks(used: str, weeks: int = 12) -> Evidence:
    past = [
        RegisterReading(Decimal(400) + Decimal("2.5") * week, NOW - timedelta(weeks=weeks - week))
        for week in range(weeks)
    ]
    score = judge(
        RegisterReading(past[-1].value + Decimal(used), NOW),
        past,
        register_of("m3", Decimal(100_000), Decimal(1), Decimal(60)),
    )
    assert isinstance(score, RateScore)
    return of_rate("WTR-0001", "water", "LEAK_DETECTED", score.reason, "m3", score.basis, {"leak": 0.9})


def test_a_meters_evidence_is_its_newest_interval_beside_its_usual() -> None:
    found = of_weeks("10")
    assert [one.value for one in found.findings.readings] == ["427.5", "437.5"]
    assert (found.findings.used, found.findings.times_usual) == ("10", "4")
    assert found.trend == "rose within 7 days, 4 times the usual"
    assert found.chart is not None
    assert len(found.chart.points) == 12
    assert found.chart.cause == (11,)
    newest = found.chart.points[-1]
    assert newest.low is not None
    assert newest.high is not None
    assert newest.low < found.chart.points[0].value < newest.high < newest.value
    assert "427.5 on 2026-11-14 to 437.5 on 2026-11-21" in found.chart.description


def test_a_long_history_is_drawn_in_part() -> None:
    chart = of_weeks("10", weeks=120).chart
    assert chart is not None
    assert (len(chart.points), chart.cause) == (MOST_INTERVALS, (MOST_INTERVALS - 1,))


def test_a_meter_that_uses_nothing_has_no_times_the_usual() -> None:
    past = [RegisterReading(Decimal(400), NOW - timedelta(weeks=9 - week)) for week in range(9)]
    register = register_of("m3", Decimal(100_000), Decimal(1), Decimal(60))
    score = judge(RegisterReading(Decimal(405), NOW), past, register)
    assert isinstance(score, RateScore)
    found = of_rate("WTR-0001", "water", "UNUSUAL_USE", score.reason, "m3", score.basis, {})
    assert found.findings.times_usual is None
    assert found.trend.endswith("usually nothing")


ROWS = [
    (to_text(NOW - timedelta(minutes=5 * (12 - place))), {"pressure_bar": 3.2, "temperature_c": 18.5})
    for place in range(12)
]


def test_a_sensors_evidence_is_what_lies_furthest_off_its_past() -> None:
    rows = [*ROWS, (to_text(NOW), {"pressure_bar": 2.1, "temperature_c": 18.7})]
    found = of_sensor("S001", "leak", "leak", "The pressure fell.", rows, {"leak": 0.9, "burst": 0.1})
    [named] = found.findings.readings
    assert (named.what, named.value, named.unit, found.alert_type) == ("pressure_bar", "2.1", "bar", "LEAK_DETECTED")
    assert found.trend == "fell within 5 minutes, 0.66 times the usual"
    assert found.chart is not None
    assert (found.chart.unit, found.chart.cause) == ("pressure, bar", (12,))
    last = found.chart.points[-1]
    assert last.low is not None
    assert last.value < last.low < Decimal("3.2")


def test_too_few_rows_have_no_band_and_are_shown_all_the_same() -> None:
    found = of_sensor("S001", "fire", "fire", "Hot.", [(to_text(NOW), {"t_max": 91.0})], {"fire": 0.97})
    assert found.chart is not None
    assert found.chart.points[0].low is None
    assert found.trend == "the first reading of its kind"
    assert found.chart.unit == "t max"


def test_what_was_measured_for_the_first_time_does_not_stop_it() -> None:
    found = of_sensor("S001", "leak", "leak", "Odd.", [*ROWS, (to_text(NOW), {"flow_rate_lps": 9.0})], {})
    assert found.findings.readings[0].what == "flow_rate_lps"


@pytest.mark.parametrize("rows", [[], [(to_text(NOW), {})]])
def test_nothing_measured_is_no_evidence(rows: list[tuple[str, dict[str, float]]]) -> None:
    with pytest.raises(ValueError, match="measurements"):
        of_sensor("S001", "leak", "leak", "Why.", rows, {})


def hourly(*used: str) -> list[tuple[str, Decimal]]:
    rows, value = [], Decimal(100)
    for hour, each in enumerate(("0", *used)):
        value += Decimal(each)
        rows.append((to_text(NOW - timedelta(hours=len(used) - hour)), value))
    return rows


def test_what_lasts_is_shown_for_a_day_and_what_is_sudden_for_one_use() -> None:
    rows = hourly(*["0.01"] * 40, *["0.04"] * 24)
    lasting = of_uses("WTR-0001", "water", "continuous_flow", "Why.", "m3", rows, {"leak": 0.9})
    assert lasting.chart is not None
    assert len(lasting.chart.cause) == 24
    assert (lasting.findings.used, lasting.findings.times_usual) == ("0.96", "4")
    assert [one.value for one in lasting.findings.readings] == ["100.40", "101.36"]
    sudden = of_uses("WTR-0001", "water", "burst", "Why.", "m3", rows, {"burst": 0.9})
    assert sudden.chart is not None
    assert (len(sudden.chart.cause), sudden.findings.used) == (1, "0.04")
    assert (lasting.alert_type, sudden.alert_type) == ("LEAK_DETECTED", "BURST_DETECTED")


def test_expected_is_what_the_same_hour_had_on_earlier_days() -> None:
    """Use by day and none by night, for five days; then a night that runs."""
    days = ["0" if hour < 6 else "0.05" for _ in range(5) for hour in range(24)]
    found = of_uses("WTR-0001", "water", "continuous_flow", "Why.", "m3", hourly(*days, *["0.04"] * 6), {})
    assert found.chart is not None
    night, day = found.chart.points[-1], found.chart.points[-10]
    assert (night.low, night.high, round(night.value, 2)) == (0, 0, Decimal("0.96"))
    assert day.high is not None
    assert round(day.high, 2) == Decimal("1.2")
    # The trend is that of days: of hours, this one was as the one before.
    assert found.trend == "rose within 1 day, 1.3 times the usual"


def test_a_register_that_fell_is_left_out_and_one_reading_is_no_use() -> None:
    rows = [
        *hourly("0.01", "0.01"),
        (to_text(NOW + timedelta(hours=1)), Decimal(1)),
        (to_text(NOW + timedelta(hours=2)), Decimal(2)),
    ]
    found = of_uses("WTR-0001", "water", "roll_back", "Why.", "m3", rows, {})
    assert found.chart is not None
    assert len(found.chart.points) == 3
    assert found.alert_type == "UNUSUAL_USE"
    with pytest.raises(ValueError, match="use between"):
        of_uses("WTR-0001", "water", "burst", "Why.", "m3", rows[:1], {})
