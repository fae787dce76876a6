"""The sample of live scores: a quarter of the rows, alarms always readable, newest first by version."""

from datetime import UTC, datetime, timedelta

import pytest

from meterflow.adapters import score_samples
from meterflow.adapters.aws import table
from meterflow.clock import to_text
from meterflow.settings import setting

START = datetime(2026, 11, 20, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("aws")


def put(version: str, minute: int, *, sensor: str = "S-1", alarming: bool = False) -> bool:
    at = to_text(START + timedelta(minutes=minute))
    features = {"flow_day": 1 / 3, "flow_now": None}
    sample = score_samples.sample_of("leak", version, sensor, at, {"leak": 0.25}, features, alarming=alarming)
    table(setting("SENSOR_RESULTS_TABLE")).put_item(Item={"sensor_id": sensor, "timestamp": at, **sample})
    return "sample" in sample


def test_a_quarter_of_the_rows_is_in_the_sample() -> None:
    taken = sum(put("a", minute) for minute in range(400))
    assert 70 < taken < 130
    rows = score_samples.newest("leak", "a", START, 1000)
    assert len(rows) == taken
    assert [row.timestamp for row in rows] == sorted((row.timestamp for row in rows), reverse=True)
    assert (dict(rows[0].features), dict(rows[0].probabilities)) == ({"flow_day": 0.333333}, {"leak": 0.25})


def test_only_the_version_and_the_time_that_are_asked_for() -> None:
    for minute in range(200):
        put("a", minute)
        put("b", minute, sensor="S-2")
    half = score_samples.newest("leak", "a", START + timedelta(minutes=100), 1000)
    assert half
    assert {row.sensor_id for row in half} == {"S-1"}
    assert min(row.timestamp for row in half) >= to_text(START + timedelta(minutes=100))
    assert len(score_samples.newest("leak", "a", START, 7)) == 7
    assert score_samples.newest("fire", "a", START, 7) == []


def test_an_alarm_keeps_what_was_seen_and_does_not_fill_the_sample() -> None:
    sampled = [put("a", minute, alarming=True) for minute in range(40)]
    assert 0 < sum(sampled) < 40
    for minute in range(40):
        row = score_samples.row("S-1", to_text(START + timedelta(minutes=minute)))
        assert row
        assert dict(row.probabilities) == {"leak": 0.25}
    put("a", 41)
    assert score_samples.row("S-1", to_text(START + timedelta(days=9))) is None
