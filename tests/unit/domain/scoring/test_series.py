"""Plain series: what is found, what is not told, and what must hold for every series."""

import json
import math
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from meterflow.scoring.series import LEAST_ROWS, SeriesRow, SeriesScorer
from meterflow.scoring.verdict import Verdict

START = datetime(2026, 3, 2, tzinfo=UTC)


def rows(values: Sequence[float], minutes: float = 5) -> list[SeriesRow]:
    return [SeriesRow(START + timedelta(minutes=minutes * i), value) for i, value in enumerate(values)]


def verdicts(values: Sequence[float], minutes: float = 5) -> list[Verdict]:
    scorer = SeriesScorer()
    return [scorer.observe(row) for row in rows(values, minutes)]


def alerts(values: Sequence[float], minutes: float = 5) -> list[int]:
    return [index for index, verdict in enumerate(verdicts(values, minutes)) if verdict.alert]


def noise(count: int, seed: int = 1) -> list[float]:
    draw = random.Random(seed)
    return [draw.gauss(100, 5) for _ in range(count)]


def days(count: int, seed: int = 1) -> list[float]:
    """A square day with noise, every five minutes."""
    draw = random.Random(seed)
    return [(80 if 108 <= i % 288 < 216 else 20) + draw.gauss(0, 2) for i in range(288 * count)]


def test_noise_is_not_told_more_often_than_promised() -> None:
    told = sum(len(alerts(noise(4000, seed))) for seed in range(5))
    assert told <= 6, "20,000 rows of nothing"


@pytest.mark.parametrize("value", [200.0, 0.0, -1e12, 1e300])
def test_a_spike_is_told_once_at_its_row(value: float) -> None:
    values = noise(1500)
    values[1200] = value
    assert [at for at in alerts(values) if 1190 <= at < 1300] == [1200]


def test_a_spiky_series_is_not_told_for_another_spike() -> None:
    values = noise(3000)
    for at in range(50, 3000, 97):
        values[at] = 300.0 + at % 7
    assert not [at for at in alerts(values) if at >= 1500]


@pytest.mark.parametrize(
    ("change", "by"),
    [
        (lambda value: value + 12, 60),
        (lambda value: 100 + (value - 100) * 4, 60),
        (lambda value: 100 + (value - 100) * 0, 120),
        (lambda value: value * 0, 5),
    ],
    ids=["level shift", "variance", "stuck", "dropout"],
)
def test_changes_that_last_are_found(change: Callable[[float], float], by: int) -> None:
    values = noise(2500)
    values[2000:] = [change(value) for value in values[2000:]]
    assert [at for at in alerts(values) if 2000 <= at <= 2000 + by]


def test_a_peak_that_does_not_come_is_found_within_two_hours() -> None:
    values = days(10)
    morning = 288 * 9 + 108
    values[morning : morning + 108] = values[morning - 108 : morning]
    assert [at for at in alerts(values) if morning <= at <= morning + 24]


def test_days_that_are_like_the_days_before_are_not_told() -> None:
    assert len([at for at in alerts(days(14)) if at > 288 * 4]) <= 1


def test_a_series_that_never_moves_is_told_when_it_does() -> None:
    assert alerts([45.0] * 1000) == []
    assert alerts([45.0] * 1000 + [46.0] * 50)[0] == 1000


def test_missing_rows_are_no_anomaly_of_the_values() -> None:
    scorer, late = SeriesScorer(), timedelta(hours=9)
    series = rows(noise(1500))
    series[1400:] = [SeriesRow(at + late, value) for at, value in series[1400:]]
    assert not any(scorer.observe(row).alert for row in series[1380:])


def test_a_run_of_rare_rows_scores_high_once_and_an_alert_never_below_half() -> None:
    values = noise(2500)
    values[2000:2050] = [value + 60 for value in values[2000:2050]]
    found = verdicts(values)
    assert found[2000].alert
    assert sum(verdict.score > 0.4 for verdict in found[2000:2050]) <= 4
    assert all(verdict.score >= 0.5 for verdict in found if verdict.alert)


def test_too_little_data_is_said_and_never_an_alert() -> None:
    values = noise(LEAST_ROWS)
    values[-1] = 1e6
    for verdict in verdicts(values):
        assert (verdict.kind, verdict.score, verdict.alert) == ("too_little_data", 0.0, False)
    assert verdicts([*noise(LEAST_ROWS), 1e6])[-1].alert


def test_scores_do_not_depend_on_unit_or_level() -> None:
    values = days(6)
    values[1500] = 140
    plain = verdicts(values)
    for scale, shift in ((1024.0, 0.0), (2.0**-20, 0.0), (1000.0, 0.0), (1.0, 5000.0), (9 / 5, 32.0)):
        other = verdicts([value * scale + shift for value in values])
        assert [each.alert for each in other] == [each.alert for each in plain]
        assert [each.score for each in other] == pytest.approx([each.score for each in plain], abs=0.02)


def test_the_future_has_no_influence() -> None:
    values = days(5)
    assert verdicts(values[:900]) == verdicts(values)[:900]
    assert verdicts(values[:900]) == verdicts(values[:900] + [1e9] * 50)[:900]


@pytest.mark.parametrize("at", [0, 5, 20, 60, 700, 1300])
def test_a_scorer_from_its_item_goes_on_identically(at: int) -> None:
    series = rows(days(5))
    through, first = SeriesScorer(), SeriesScorer()
    expected = [through.observe(row) for row in series]
    found = [first.observe(row) for row in series[:at]]
    second = SeriesScorer.from_item(json.loads(json.dumps(first.to_item())))
    assert found + [second.observe(row) for row in series[at:]] == expected
    assert second.to_item() == through.to_item()


def test_the_state_stays_small_and_an_unknown_version_is_refused() -> None:
    scorer, draw = SeriesScorer(), random.Random(4)
    for row in rows([draw.lognormvariate(0, 3) for _ in range(20_000)], minutes=5):
        scorer.observe(row)
    item = scorer.to_item()
    assert len(json.dumps(item)) < 30_000
    with pytest.raises(ValueError, match="version 99"):
        SeriesScorer.from_item({**item, "version": 99})


@pytest.mark.parametrize(
    "values",
    [
        [0.0] * 400,
        [1e308, -1e308] * 300,
        [5e-324 * (i % 3) for i in range(400)],
        [10.0 ** (i % 600 - 300) for i in range(1200)],
        [float(i) for i in range(600)],
    ],
    ids=["zeros", "huge", "denormal", "all sizes", "rising"],
)
def test_any_finite_numbers_give_finite_scores(values: list[float]) -> None:
    for verdict in verdicts(values):
        assert math.isfinite(verdict.score)
        assert 0 <= verdict.score <= 1


def test_one_row_and_rows_of_one_time_are_scored() -> None:
    assert verdicts([1.0])[0].kind == "too_little_data"
    scorer = SeriesScorer()
    found = [scorer.observe(SeriesRow(START, value)) for value in noise(300)]
    assert len(found) == 300
    assert found[-1].kind == "normal"


def test_rows_each_minute_are_told_no_oftener_in_a_week_than_rows_each_five_minutes() -> None:
    draw = random.Random(11)
    heavy = [draw.gauss(0, 1) ** 3 for _ in range(15_000)]
    each_minute, each_five = alerts(heavy, minutes=1), alerts(heavy, minutes=5)
    assert len(each_five) >= 4, "something has to be told for the comparison"
    assert len(each_minute) < len(each_five) / 2


def test_an_interval_of_weeks_works_too() -> None:
    values = noise(300)
    values[250] = 400
    assert 250 in alerts(values, minutes=7 * 1440)


def test_the_reason_names_value_time_and_what_is_usual() -> None:
    values = noise(1500)
    values[1200] = 200.0
    reason = verdicts(values)[1200].reason
    assert "200" in reason
    assert "2026-03-06 04:00" in reason
    assert "once in" in reason
