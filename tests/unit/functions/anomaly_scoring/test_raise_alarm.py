"""RaiseAlarm: one row, one message where nothing dies, and never none."""

import json
import os
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from meterflow.adapters import alerts, source_of_truth
from meterflow.alert import Acknowledgement
from meterflow.errors import BrokenInvariant, TransientError
from meterflow.fleet import Change, MeterState

ALERT_ID = "ALERT-2026-11-21-341A8F576DED"


@pytest.fixture
def alarm(load_handler: Any, event: Any, lambda_context: Any, meter: Any, ears: Any) -> Any:  # noqa: ARG001
    handler = load_handler("anomaly_scoring", "raise_alarm").handler
    return lambda **changes: handler(event("anomaly_scoring/raise_alarm") | changes, lambda_context)


def alert_rows() -> list[dict[str, Any]]:
    return boto3.resource("dynamodb").Table(os.environ["ALERTS_TABLE"]).scan()["Items"]


def test_a_critical_alarm_is_written_told_and_announced(alarm: Any, ears: Any) -> None:
    assert alarm() == {"outcome": "RAISED", "alert_id": ALERT_ID, "ladder": True}
    (row,) = alert_rows()
    assert (row["alert_id"], row["severity"], row["status"], row["meter_id"]) == (
        ALERT_ID,
        "CRITICAL",
        "ACTIVE",
        "WTR-0001",
    )
    assert row["published_at"]
    (message,) = ears.take("critical")
    document = json.loads(message["Message"])
    assert document["alert_type"] == "BURST_DETECTED"
    assert document["response_required"]["time_limit"] == "5 minutes"
    context = document["context"]
    assert context["recent_readings"][0]["value"] == "00452.350"
    assert context["trend_analysis"] == "rose within 7 days, 16 times the usual"
    assert "412.350 on 2026-11-14 to 452.350 on 2026-11-21" in context["explanation"]
    assert "Privada" not in message["Message"]
    assert ears.take("maintenance") == []
    (told,) = ears.take("bus")
    assert told["detail-type"] == "AlarmRaised"
    assert told["detail"]["alert_id"] == ALERT_ID
    assert told["detail"].keys() == {"event_id", "alert_id", "meter_id", "severity", "alert_type"}


def test_a_high_alarm_goes_to_maintenance(alarm: Any, ears: Any) -> None:
    alarm(risk_level="HIGH", leak_probability=0.7, burst_probability=0.0)
    assert ears.take("critical") == []
    (message,) = ears.take("maintenance")
    assert json.loads(message["Message"])["severity"] == "HIGH"


def test_a_second_call_sends_no_second_message(alarm: Any, ears: Any) -> None:
    alarm()
    ears.take("critical")
    assert alarm() == {"outcome": "ALREADY_RAISED", "alert_id": ALERT_ID, "ladder": True}
    assert ears.take("critical") == []
    assert len(alert_rows()) == 1


def test_the_score_is_marked(alarm: Any, load_handler: Any, event: Any, lambda_context: Any) -> None:
    load_handler("anomaly_scoring", "store_score").handler(event("anomaly_scoring/store_score"), lambda_context)
    alarm()
    (row,) = boto3.resource("dynamodb").Table(os.environ["SENSOR_RESULTS_TABLE"]).scan()["Items"]
    assert row["alert_sent"] is True


def test_death_between_claim_and_message_loses_nothing(alarm: Any, ears: Any, dies: Any) -> None:
    dies("sns", "publish")
    with pytest.raises(KeyboardInterrupt):
        alarm()
    assert len(alert_rows()) == 1
    assert ears.take("critical") == []
    assert alarm()["outcome"] == "RAISED"
    assert len(ears.take("critical")) == 1
    assert len(ears.take("bus")) == 1


def test_death_between_message_and_settlement_tells_again_with_the_same_id(alarm: Any, ears: Any, dies: Any) -> None:
    # At least once on purpose; see meterflow.adapters.alerts.
    dies("sns", "publish", after=True)
    with pytest.raises(KeyboardInterrupt):
        alarm()
    alarm()
    ids = [json.loads(message["Message"])["alert_id"] for message in ears.take("critical")]
    assert ids == [ALERT_ID, ALERT_ID]
    assert len(alert_rows()) == 1


def test_death_between_settlement_and_event_announces_later_without_a_second_message(
    alarm: Any, ears: Any, dies: Any
) -> None:
    dies("events", "put_events")
    with pytest.raises(KeyboardInterrupt):
        alarm()
    assert alarm()["outcome"] == "ALREADY_RAISED"
    assert len(ears.take("critical")) == 1
    assert len(ears.take("bus")) == 1


def test_an_outage_is_transient_and_the_retry_tells(alarm: Any, ears: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(_alert: Any) -> None:
        raise TransientError("Publish: InternalError")

    with monkeypatch.context() as outage:
        outage.setattr(alerts, "publish", down)
        with pytest.raises(TransientError):
            alarm()
    assert alerts.get(ALERT_ID).published_at is None  # type: ignore[union-attr]
    alarm()
    assert len(ears.take("critical")) == 1


def test_a_meter_that_is_gone_is_a_bug(alarm: Any) -> None:
    with pytest.raises(BrokenInvariant):
        alarm(meter_id="WTR-9999")


def test_the_row_keeps_what_sentence_and_chart_are_made_of(alarm: Any) -> None:
    alarm()
    stored = alerts.get(ALERT_ID)
    assert stored is not None
    assert stored.findings is not None
    assert (stored.subject, stored.model_version, stored.findings.times_usual) == ("water", "rate-anomaly-1", "16")
    assert stored.chart is not None
    assert len(stored.chart.points) == 13
    assert stored.probabilities == {"leak": 1.0, "burst": 1.0}


def test_the_neighbours_are_those_within_150_metres(alarm: Any) -> None:
    places = {"WTR-0001": 38.3452, "WTR-FAR": 38.3472, "WTR-NEXT": 38.3454, "WTR-SECOND": 38.3462}
    states = [
        MeterState(meter_id=name, kind="water", zone="STANDARD", lat=lat, lon=-0.48301) for name, lat in places.items()
    ]
    changes = [
        Change(meter_id=one.meter_id, shard=one.shard, sequence="1", changed_at="2026-11-20T08:00:00Z", state=one)
        for one in states
    ]
    source_of_truth.update_shard(states[0].shard, changes, datetime(2026, 11, 20, tzinfo=UTC))
    alarm()
    assert alerts.get(ALERT_ID).context.nearby_sensors == ("WTR-NEXT", "WTR-SECOND")  # type: ignore[union-attr]


def test_no_alarm_waits_for_its_neighbours(alarm: Any, ears: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(_name: str) -> None:
        raise TransientError("GetObject: SlowDown")

    monkeypatch.setattr(source_of_truth, "load_shard", down)
    assert alarm()["outcome"] == "RAISED"
    assert json.loads(ears.take("critical")[0]["Message"])["context"]["nearby_sensors"] == []


def test_an_alarm_that_nobody_answered_escalates_the_next_one(alarm: Any, ears: Any) -> None:
    alarm()
    alarm(alert_id="ALERT-2", submission_id="s-2")
    alerts.acknowledge(ALERT_ID, Acknowledgement(reason="fixed", by="u", role="operator", at="2026-11-21T08:00:00Z"))
    alarm(alert_id="ALERT-3", submission_id="s-3")
    told = [json.loads(one["Message"])["response_required"] for one in ears.take("critical")]
    assert [one["escalation_level"] for one in told] == [1, 2, 2]
    assert "operations-manager" not in told[1]["contact_list"]


def test_an_id_that_two_submissions_share_is_a_bug(alarm: Any) -> None:
    alarm()
    with pytest.raises(BrokenInvariant):
        alarm(submission_id="another")


def test_an_execution_that_began_before_there_was_evidence_still_alarms(alarm: Any, ears: Any) -> None:
    assert alarm(evidence=None, model_version=None)["outcome"] == "RAISED"
    document = json.loads(ears.take("critical")[0]["Message"])
    assert (document["alert_type"], alerts.get(ALERT_ID).chart) == ("BURST_DETECTED", None)  # type: ignore[union-attr]
    assert "412.350" in document["context"]["explanation"]


@pytest.fixture
def sensor(load_handler: Any, event: Any, lambda_context: Any, ears: Any) -> Any:  # noqa: ARG001
    handler = load_handler("anomaly_scoring", "raise_alarm").handler
    sample = event("anomaly_scoring/workflow_sensor")["alarm"]
    return lambda **changes: handler(sample | changes, lambda_context)


def test_a_sensor_that_is_no_meter_is_alarmed_about(sensor: Any, ears: Any, event: Any) -> None:
    answer = sensor()
    assert (answer["outcome"], answer["ladder"]) == ("RAISED", False)
    document = json.loads(ears.take("critical")[0]["Message"])
    assert (document["sensor_id"], document["location"]) == ("S001", "Server Room A")
    assert (document["alert_type"], document["facility_zone"]) == ("LEAK_DETECTED", "CRITICAL")
    assert document["predictions"] == {"leak_probability": 0.85, "burst_probability": 0.15}
    newest = event("anomaly_scoring/workflow_sensor")["alarm"]["rows"][0]
    assert document["context"]["recent_readings"][0] == newest
    assert document["context"]["trend_analysis"] == "rising for 10 minutes, 1.4 times the usual"
    (row,) = alert_rows()
    assert row["meter_id"] == "S001"
    assert ears.take("maintenance") == []


def test_a_fire_is_told_at_once_and_leaves_the_ladder_out(sensor: Any, meter: Any, ears: Any) -> None:
    """Even where the sensor is a meter that dispatch knows."""
    assert sensor(kind="fire", found="fire", meter_id=meter.meter_id)["ladder"] is False
    document = json.loads(ears.take("critical")[0]["Message"])
    assert (document["alert_type"], document["severity"]) == ("FIRE_DETECTED", "CRITICAL")
    assert document["response_required"]["contact_list"][0] == "fire-warden"


def test_a_broken_sensor_goes_to_the_system_topic(sensor: Any, ears: Any) -> None:
    sensor(found="sensor_fault", risk_level="HIGH")
    assert json.loads(ears.take("system")[0]["Message"])["alert_type"] == "SENSOR_FAULT"
    assert ears.take("critical") == ears.take("maintenance") == []
