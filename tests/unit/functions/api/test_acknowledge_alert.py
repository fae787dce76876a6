"""POST /alerts/{alert_id}/acknowledge."""

import json
import os
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient

from meterflow import clock
from meterflow.adapters import alerts, meter_memory
from tests.unit.alarms import ALERT, put_alarm
from tests.unit.dispatch import at_work

PATH = {"alert_id": ALERT}
NORMAL = {"reason": "normal_for_me", "comment": "We filled the canary pool."}
NOW = datetime(2026, 11, 21, 9, 12, tzinfo=UTC)


class Bus:
    """What AWS was asked for: every event that was published, and a call that kills the process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.dies_at: tuple[str, bool] | None = None
        real = BaseClient._make_api_call

        def call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
            dying = self.dies_at if self.dies_at and self.dies_at[0] == operation else None
            if dying and not dying[1]:
                raise KeyboardInterrupt
            answer = real(client, operation, parameters)
            if operation == "PutEvents":
                self.events += [(one["DetailType"], json.loads(one["Detail"])) for one in parameters["Entries"]]
            if dying:
                raise KeyboardInterrupt
            return answer

        monkeypatch.setattr(BaseClient, "_make_api_call", call)


@pytest.fixture
def alarmed(meter: Any, monkeypatch: pytest.MonkeyPatch) -> Bus:
    """The sample alarm at the customer's own meter."""
    meter()
    put_alarm()
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return Bus(monkeypatch)


def label() -> dict[str, Any]:
    answer = boto3.client("s3").get_object(Bucket=os.environ["LAKE_BUCKET"], Key=f"labels/alerts/{ALERT}.json")
    found: dict[str, Any] = json.loads(answer["Body"].read())
    return found


def multiplier() -> Decimal | None:
    learned = meter_memory.load("WTR-0001").tolerance
    return learned.multiplier if learned else None


def test_normal_for_me_teaches_the_meter(call: Any, alarmed: Bus) -> None:
    status, answer = call("acknowledge_alert", NORMAL, path=PATH)
    assert status == 200
    assert answer == {
        "alert_id": ALERT,
        "status": "ACKNOWLEDGED",
        "reason": "normal_for_me",
        "acknowledged_at": "2026-11-21T09:12:00Z",
        "learned_until": "2027-05-20T09:12:00Z",
    }
    assert multiplier() == Decimal("1.5")
    stored = alerts.get(ALERT)
    assert stored is not None
    assert stored.acknowledgement is not None
    assert (stored.status, stored.acknowledgement.role) == ("ACKNOWLEDGED", "customer")
    assert stored.acknowledgement.comment == NORMAL["comment"]
    assert stored.acknowledgement.settled_at
    [(kind, detail)] = alarmed.events
    assert kind == "AlertAcknowledged"
    assert detail.keys() == {"event_id", "alert_id", "meter_id", "reason", "role"}


@pytest.mark.usefixtures("alarmed")
def test_the_label_says_whether_the_alarm_was_right_and_not_who_said_so(call: Any) -> None:
    call("acknowledge_alert", NORMAL, path=PATH)
    found = label()
    assert (found["right"], found["reason"], found["model_version"]) == (False, "normal_for_me", "rate-anomaly-1")
    assert (found["sensor_id"], found["probabilities"]) == ("WTR-0001", {"leak": 1.0, "burst": 1.0})
    assert "canary" not in str(found)
    assert "00000000-0000-4000-8000-000000000001" not in str(found)


@pytest.mark.usefixtures("alarmed")
@pytest.mark.parametrize(
    ("reason", "right"), [("fixed", True), ("false_alarm", False), ("known_work", None), ("not_reachable", None)]
)
def test_other_answers_teach_the_models_and_not_the_meter(call: Any, reason: str, right: bool | None) -> None:
    status, answer = call("acknowledge_alert", {"reason": reason}, path=PATH, groups="operator")
    assert (status, "learned_until" in answer) == (200, False)
    assert label()["right"] is right
    assert multiplier() is None


def test_the_same_answer_repeats_and_does_nothing_twice(call: Any, alarmed: Bus, monkeypatch: Any) -> None:
    first = call("acknowledge_alert", NORMAL, path=PATH)
    monkeypatch.setattr(clock, "now", lambda: NOW.replace(hour=20))
    assert call("acknowledge_alert", NORMAL, path=PATH) == first
    assert multiplier() == Decimal("1.5")
    assert len(alarmed.events) == 1


@pytest.mark.usefixtures("alarmed")
@pytest.mark.parametrize(
    ("body", "user"), [(NORMAL | {"comment": ""}, None), ({"reason": "fixed"}, None), (NORMAL, "an-operator")]
)
def test_another_answer_is_refused_and_the_first_stands(call: Any, body: Any, user: str | None) -> None:
    call("acknowledge_alert", NORMAL, path=PATH)
    more = {"user": user, "groups": "operator"} if user else {}
    assert call("acknowledge_alert", body, path=PATH, **more)[0] == 409
    stored = alerts.get(ALERT)
    assert stored is not None
    assert stored.acknowledgement is not None
    assert (stored.acknowledgement.reason, stored.acknowledgement.comment) == ("normal_for_me", NORMAL["comment"])
    assert multiplier() == Decimal("1.5")


@pytest.mark.usefixtures("alarmed")
def test_another_answer_that_is_a_moment_quicker_wins(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real = alerts.acknowledge

    def late(alert_id: str, mine: Any) -> Any:
        real(alert_id, mine.model_copy(update={"by": "quicker", "reason": "fixed"}))
        return real(alert_id, mine)

    monkeypatch.setattr(alerts, "acknowledge", late)
    assert call("acknowledge_alert", NORMAL, path=PATH)[0] == 409
    assert multiplier() is None


@pytest.mark.parametrize("operation", ["PutItem", "PutObject", "PutEvents"])
@pytest.mark.parametrize("after", [False, True])
def test_what_a_dead_call_left_undone_the_same_call_does(call: Any, alarmed: Bus, operation: str, after: bool) -> None:
    """Between claim and effect, and between effect and settlement, at each of the effects."""
    alarmed.dies_at = operation, after
    with pytest.raises(KeyboardInterrupt):
        call("acknowledge_alert", NORMAL, path=PATH)
    alarmed.dies_at = None
    stored = alerts.get(ALERT)
    assert stored is not None
    assert stored.acknowledgement is not None
    assert stored.acknowledgement.settled_at is None
    # Nobody else may put an answer in its place meanwhile.
    assert call("acknowledge_alert", {"reason": "fixed"}, path=PATH, user="op", groups="operator")[0] == 409
    assert call("acknowledge_alert", NORMAL, path=PATH)[0] == 200
    assert multiplier() == Decimal("1.5")
    assert label()["right"] is False
    assert len({detail["event_id"] for _, detail in alarmed.events}) == 1
    settled = alerts.get(ALERT)
    assert settled is not None
    assert settled.acknowledgement is not None
    assert settled.acknowledgement.settled_at


@pytest.mark.usefixtures("alarmed")
@pytest.mark.parametrize(("groups", "reason"), [("", "not_reachable"), ("", "canary")])
def test_what_a_customer_may_not_say(call: Any, groups: str, reason: str) -> None:
    status = call("acknowledge_alert", {"reason": reason}, path=PATH, groups=groups)[0]
    assert status == (400 if reason == "canary" else 403)
    assert alerts.get(ALERT).acknowledgement is None  # type: ignore[union-attr]


@pytest.mark.usefixtures("alarmed")
def test_whoever_does_not_see_it_cannot_answer_it(call: Any) -> None:
    for more in ({"user": "somebody"}, {"user": "tech", "groups": "technician"}):
        assert call("acknowledge_alert", {"reason": "fixed"}, path=PATH, **more)[0] == 404
    assert call("acknowledge_alert", {"reason": "fixed"}, path={"alert_id": "a-9"}, groups="operator")[0] == 404
    assert call("acknowledge_alert", {"reason": "fixed"}, path={"alert_id": "x" * 129}, groups="operator")[0] == 404


def test_a_technician_answers_at_the_meter_of_a_job(request: pytest.FixtureRequest) -> None:
    dispatch = at_work(request)
    put_alarm()
    dispatch.create()
    dispatch.offer()
    load = dispatch.load("api", "acknowledge_alert").handler
    claims = {"sub": "near", "token_use": "id", "cognito:groups": "technician"}

    def say(reason: str) -> int:
        sent = {
            "requestContext": {"authorizer": {"claims": claims}},
            "pathParameters": PATH,
            "body": json.dumps({"reason": reason}),
        }
        status: int = load(sent, request.getfixturevalue("lambda_context"))["statusCode"]
        return status

    assert say("normal_for_me") == 403
    assert say("fixed") == 200


@pytest.mark.usefixtures("alarmed")
def test_nobody_teaches_that_tampering_is_normal(call: Any) -> None:
    put_alarm("a-2", alert_type="TAMPERING")
    status, answer = call("acknowledge_alert", NORMAL, path={"alert_id": "a-2"})
    assert (status, "learned_until" in answer, multiplier()) == (200, False, None)


@pytest.mark.usefixtures("alarmed")
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"reason": 7},
        {"reason": "fixed", "comment": "x" * 501},
        {"reason": "fixed", "comment": "turned \u202e round"},
        {"reason": "FIXED"},
    ],
)
def test_bad_bodies(call: Any, body: Any) -> None:
    assert call("acknowledge_alert", body, path=PATH)[0] == 400
