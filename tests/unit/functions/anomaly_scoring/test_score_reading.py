"""ScoreReading: a pure computation over its payload."""

from decimal import Decimal
from typing import Any

import pytest

from meterflow import interval_scoring
from tests.unit.functions.anomaly_scoring.hourly import LEAK_FROM, register


@pytest.fixture
def score(load_handler: Any, lambda_context: Any) -> Any:
    handler = load_handler("anomaly_scoring", "score_reading").handler
    return lambda payload: handler(payload, lambda_context)


def test_the_sample_is_a_burst(score: Any, event: Any) -> None:
    found = score(event("anomaly_scoring/score_reading"))
    assert (found["outcome"], found["risk_level"]) == ("SCORED", "CRITICAL")
    assert found["burst_probability"] > 0.9
    assert found["alert_id"] == "ALERT-2026-11-21-341A8F576DED"
    assert "452.350 on 2026-11-21" in found["reason"]
    assert [past["value"] for past in found["recent_readings"][:2]] == ["00452.350", "00412.350"]
    assert len(found["recent_readings"]) == 5


def test_a_usual_week_is_low_and_has_no_alarm(score: Any, event: Any) -> None:
    found = score(event("anomaly_scoring/score_reading") | {"value": "00414.850"})
    assert (found["outcome"], found["risk_level"], found["alert_id"]) == ("SCORED", "LOW", None)


def test_the_zone_makes_the_level_stricter(score: Any, event: Any) -> None:
    sample = event("anomaly_scoring/score_reading") | {"value": "00418.000"}
    standard = score(sample)
    strict = score(sample | {"history": sample["history"] | {"zone": "CRITICAL"}})
    assert strict["leak_probability"] == standard["leak_probability"]
    assert (standard["risk_level"], strict["risk_level"]) == ("HIGH", "CRITICAL")


def test_too_little_history_is_an_answer(score: Any, event: Any) -> None:
    sample = event("anomaly_scoring/score_reading")
    found = score(sample | {"history": sample["history"] | {"readings": sample["history"]["readings"][:4]}})
    assert found["outcome"] == "NO_VERDICT"
    assert found["reason"] == "too_little_history"
    assert found["risk_level"] is found["score"] is found["leak_probability"] is found["alert_id"] is None


def test_the_chain_of_events_in_events_fits_together(score: Any, event: Any) -> None:
    found = score(event("anomaly_scoring/score_reading"))
    for step in ("store_score", "raise_alarm", "request_dispatch"):
        sample = event(f"anomaly_scoring/{step}")
        shared = sample.keys() & found.keys()
        assert shared >= {"risk_level", "reason"}
        assert {name: sample[name] for name in shared} == {name: found[name] for name in shared}, step


def frequent(event: Any, hour: int, **history: Any) -> Any:
    """The sample payload of a meter that is read every hour."""
    sample = event("anomaly_scoring/score_reading")
    past = [dict(zip(("taken_at", "value"), register(hour - back), strict=True)) for back in range(1, 201)]
    taken_at, value = register(hour)
    known = {"readings": past, "frequent": True} | history
    return sample | {"taken_at": taken_at, "value": value, "history": sample["history"] | known}


def test_a_meter_that_is_read_often_is_judged_by_its_scorer(score: Any, event: Any) -> None:
    found = score(frequent(event, 340))
    assert (found["outcome"], found["model_version"], found["alert_id"]) == ("SCORED", "meter-1", None)
    assert found["risk_level"] == "LOW"
    assert (len(found["advance"]["rows"]), found["advance"]["since"]) == (201, None)
    assert found["degraded"] == []


def test_the_reading_that_starts_a_leak_has_the_alarm_and_the_next_one_none(score: Any, event: Any) -> None:
    told = {}
    for hour in range(LEAK_FROM, LEAK_FROM + 20):
        found = score(frequent(event, hour))
        told[hour] = found["alert_id"], found["risk_level"]
        if found["alert_id"]:
            break
    assert found["alert_id"]
    assert found["evidence"]["alert_type"] == "LEAK_DETECTED"
    assert "without a stop" in found["evidence"]["findings"]["reason"]
    # The last day is the cause, and the readings at its two ends are named.
    chart = found["evidence"]["chart"]
    assert len(chart["cause"]) == 24
    assert chart["cause"][-1] == len(chart["points"]) - 1
    following = score(frequent(event, hour + 1))
    assert (following["alert_id"], following["risk_level"] in ("HIGH", "CRITICAL")) == (None, True)


def test_only_what_the_state_has_not_seen_is_taken_in(score: Any, event: Any) -> None:
    first = score(frequent(event, 340))
    rows = [(one["taken_at"], Decimal(one["value"])) for one in first["advance"]["rows"]]
    state = interval_scoring.advanced(None, None, rows, None, "m3")
    second = score(frequent(event, 341, state=state, state_at=rows[-1][0]))
    assert [one["taken_at"] for one in second["advance"]["rows"]] == [register(341)[0]]
    assert second["degraded"] == []
    broken = score(frequent(event, 341, state={"version": 0}, state_at=rows[-1][0]))
    assert (broken["degraded"], broken["outcome"]) == (["state_lost"], "SCORED")


def test_a_scorer_that_knows_too_little_leaves_the_rate_to_judge(score: Any, event: Any) -> None:
    sample = frequent(event, 30)
    few = sample | {"history": sample["history"] | {"readings": sample["history"]["readings"][:26]}}
    found = score(few)
    assert (found["outcome"], found["reason"]) == ("NO_VERDICT", "too_little_history")
    assert found["advance"]["rows"]


def test_a_taught_meter_is_judged_by_its_wider_limits(score: Any, event: Any) -> None:
    sample = event("anomaly_scoring/score_reading") | {"value": "00418.000"}
    strict = score(sample)
    wide = score(sample | {"history": sample["history"] | {"tolerance": "3"}})
    assert (strict["risk_level"], wide["risk_level"]) == ("HIGH", "LOW")
    assert wide["score"] < strict["score"]
