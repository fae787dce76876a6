"""RaiseAlarm: one row, one message where nothing dies, and never none."""

import json
import os
from typing import Any

import boto3
import pytest

from meterflow.adapters import alerts
from meterflow.errors import BrokenInvariant, TransientError

ALERT_ID = "ALERT-2026-11-21-341A8F576DED"


@pytest.fixture
def alarm(load_handler: Any, event: Any, lambda_context: Any, meter: Any, ears: Any) -> Any:  # noqa: ARG001
    handler = load_handler("anomaly_scoring", "raise_alarm").handler
    return lambda **changes: handler(event("anomaly_scoring/raise_alarm") | changes, lambda_context)


def alert_rows() -> list[dict[str, Any]]:
    return boto3.resource("dynamodb").Table(os.environ["ALERTS_TABLE"]).scan()["Items"]


def test_a_critical_alarm_is_written_told_and_announced(alarm: Any, ears: Any) -> None:
    assert alarm() == {"outcome": "RAISED", "alert_id": ALERT_ID}
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
    assert document["context"]["recent_readings"][0]["value"] == "00452.350"
    assert "Privada" not in message["Message"]
    assert ears.take("maintenance") == []
    (told,) = ears.take("bus")
    assert told["detail-type"] == "AlarmRaised"
    assert told["detail"]["alert_id"] == ALERT_ID
    assert told["detail"].keys() == {"event_id", "alert_id", "meter_id", "severity"}


def test_a_high_alarm_goes_to_maintenance(alarm: Any, ears: Any) -> None:
    alarm(risk_level="HIGH", leak_probability=0.7, burst_probability=0.0)
    assert ears.take("critical") == []
    (message,) = ears.take("maintenance")
    assert json.loads(message["Message"])["severity"] == "HIGH"


def test_a_second_call_sends_no_second_message(alarm: Any, ears: Any) -> None:
    alarm()
    ears.take("critical")
    assert alarm() == {"outcome": "ALREADY_RAISED", "alert_id": ALERT_ID}
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
