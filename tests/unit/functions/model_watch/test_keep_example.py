"""KeepExample: an answered alarm with what the model saw becomes a row to learn from, once."""

from typing import Any

import pytest

from meterflow.adapters import alerts, examples, score_samples
from meterflow.adapters.aws import table
from meterflow.adapters.items import to_item
from meterflow.alert import Acknowledgement, Predictions, new_alert
from meterflow.clock import from_text
from meterflow.settings import setting

SENSOR, AT = "LEAK-INVOKE", "2026-11-20T08:00:00Z"
ALERT = "ALERT-2026-11-20-INVOKE000001"

pytestmark = pytest.mark.usefixtures("aws")


def have(reason: str = "false_alarm", features: bool = True, **changes: Any) -> None:
    """An alarm about a scored row of a leak sensor, and its answer."""
    answer = Acknowledgement(reason=reason, by="u-1", role="operator", at="2026-11-20T09:00:00Z")
    raised = new_alert(
        alert_id=ALERT, submission_id="row-1", meter_id=SENSOR, alert_type="BURST_DETECTED", zone="CRITICAL",
        location="38.3,-0.4", risk_level="CRITICAL", trend="rising", now=from_text("2026-11-20T08:00:05Z"),
        predictions=Predictions(
            leak_probability=0.8, burst_probability=0.4, confidence_score=0.9, risk_level="CRITICAL"
        ),
        subject="leak", taken_at=AT, model_version="2026-11-19-01234567",
    )  # fmt: skip
    alert = raised.model_copy(update={"acknowledgement": answer, **changes})
    table(setting("ALERTS_TABLE")).put_item(Item=to_item(alert))
    seen = score_samples.sample_of(
        "leak", "2026-11-19-01234567", SENSOR, AT, {"leak": 0.8, "burst": 0.4}, {"flow_day": 2.5}, alarming=True
    )
    item = {"sensor_id": SENSOR, "timestamp": AT, **(seen if features else {})}
    table(setting("SENSOR_RESULTS_TABLE")).put_item(Item=item)


@pytest.fixture
def learn(load_handler: Any, lambda_context: Any, event: Any) -> Any:
    handler = load_handler("model_watch", "keep_example").handler

    def run(reason: str = "false_alarm") -> Any:
        sample = event("model_watch/keep_example")
        return handler({**sample, "detail": {**sample["detail"], "reason": reason}}, lambda_context)

    return run


def kept() -> list[Any]:
    return examples.told_since("leak", "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", 10)


@pytest.mark.parametrize(("reason", "truth"), [
    ("false_alarm", {"leak": False, "burst": False}),
    ("normal_for_me", {"leak": False, "burst": False}),
    ("fixed", {"leak": True, "burst": True}),
])  # fmt: skip
def test_what_was_said_is_learned_with_what_was_seen(learn: Any, reason: str, truth: Any) -> None:
    have(reason)
    assert learn(reason) == {"outcome": "KEPT", "example_id": ALERT}
    assert learn(reason)["outcome"] == "KEPT"
    (one,) = kept()
    assert dict(one.truth) == truth
    assert (dict(one.features), dict(one.probability)) == ({"flow_day": 2.5}, {"leak": 0.8, "burst": 0.4})
    assert (one.zone, one.model_version) == ("CRITICAL", "2026-11-19-01234567")
    assert "u-1" not in one.to_bytes().decode()


def test_a_repaired_leak_was_no_burst(learn: Any) -> None:
    have("fixed", alert_type="LEAK_DETECTED")
    learn("fixed")
    assert dict(kept()[0].truth) == {"leak": True, "burst": False}


@pytest.mark.parametrize(("reason", "changes"), [
    ("known_work", {}),
    ("not_reachable", {}),
    ("false_alarm", {"features": False}),
    ("false_alarm", {"subject": "water"}),
    ("false_alarm", {"alert_type": "SENSOR_FAULT"}),
    ("false_alarm", {"taken_at": None}),
])  # fmt: skip
def test_what_says_nothing_of_the_model_is_not_kept(learn: Any, reason: str, changes: Any) -> None:
    have(reason, **changes)
    assert learn(reason)["outcome"] == "NOTHING_TO_LEARN"
    assert kept() == []


def test_an_alarm_that_is_gone(learn: Any) -> None:
    assert alerts.get(ALERT) is None
    assert learn()["outcome"] == "NOTHING_TO_LEARN"
