"""ScoreReading: a pure computation over its payload."""

from typing import Any

import pytest


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
