"""GET /alerts: each sees what concerns them, in their words."""

from datetime import timedelta
from typing import Any

import boto3
import pytest

from meterflow import settings
from meterflow.adapters import alerts
from meterflow.alert import Acknowledgement
from tests.unit.alarms import ALERT, RAISED, put_alarm
from tests.unit.dispatch import NEAR, Dispatch, at_work

FIXED = Acknowledgement(reason="fixed", comment="Canary valve", by="tech", role="technician", at="2026-11-21T09:00:00Z")


def ids(answer: tuple[int, Any]) -> list[str]:
    assert answer[0] == 200, answer[1]
    return [item["alert_id"] for item in answer[1]["items"]]


def test_operators_see_all_and_those_without_an_answer_first(call: Any, meter: Any) -> None:
    meter()
    for number in range(4):
        put_alarm(f"a-{number}", f"M-{number}", RAISED + timedelta(minutes=number))
    alerts.acknowledge("a-3", FIXED)
    assert ids(call("list_alerts", groups="operator")) == ["a-2", "a-1", "a-0", "a-3"]
    assert ids(call("list_alerts", groups="operator", query={"status": "active"})) == ["a-2", "a-1", "a-0"]
    assert ids(call("list_alerts", groups="operator", query={"meter": "M-1"})) == ["a-1"]
    first = call("list_alerts", groups="operator", query={"limit": "3"})
    assert ids(first) == ["a-2", "a-1", "a-0"]
    assert ids(call("list_alerts", groups="operator", query={"limit": "3", "next": first[1]["next"]})) == ["a-3"]


def test_severities(call: Any, meter: Any) -> None:
    meter()
    put_alarm("a-1")
    put_alarm("a-2", severity="HIGH")
    assert ids(call("list_alerts", groups="operator", query={"severity": "high"})) == ["a-2"]
    assert ids(call("list_alerts", query={"severity": "CRITICAL"})) == ["a-1"]


def test_customers_see_their_own_in_their_words_and_nothing_of_the_model(call: Any, meter: Any) -> None:
    meter()
    meter("WTR-0002", owner="somebody")
    put_alarm()
    put_alarm("a-2", "WTR-0002")
    [item] = call("list_alerts")[1]["items"]
    assert item["alert_id"] == ALERT
    assert item["reason"].startswith("Your water meter counted 40 m³ between 14 November (412.350)")
    assert item.keys() == {
        "alert_id",
        "meter_id",
        "status",
        "severity",
        "alert_type",
        "raised_at",
        "taken_at",
        "reason",
    }
    # A list of somebody else's meter is not there; whose it is shows in nothing.
    assert call("list_alerts", query={"meter": "WTR-0002"}) == call("list_alerts", query={"meter": "WTR-9999"})
    assert call("list_alerts", query={"meter": "WTR-0002"})[0] == 404


def test_customers_read_their_language(call: Any, meter: Any) -> None:
    owner = meter().owner
    put_alarm()
    customers = boto3.resource("dynamodb").Table(settings.setting("CUSTOMERS_TABLE"))
    customers.put_item(Item={"customer_id": owner, "preferences": {"language": "es-MX"}})
    [item] = call("list_alerts")[1]["items"]
    assert item["reason"].startswith("Su contador de agua midió 40 m³")


def test_another_customer_sees_nothing(call: Any, meter: Any) -> None:
    meter()
    put_alarm()
    first = call("list_alerts", query={"limit": "1"}, groups="operator")[1]
    assert call("list_alerts", user="somebody")[1] == {"items": []}
    # Nor with the token of a page of somebody who does.
    put_alarm("a-2")
    token = call("list_alerts", query={"limit": "1"})[1]["next"]
    assert ids(call("list_alerts", user="somebody", query={"next": token})) == []
    assert first["items"]


def test_technicians_see_those_at_the_meters_of_their_jobs(request: pytest.FixtureRequest) -> None:
    dispatch: Dispatch = at_work(request)
    put_alarm()
    put_alarm("a-2", "WTR-0002")
    assert dispatch.api("list_alerts")[1] == {"items": []}
    dispatch.create()
    dispatch.offer()
    [item] = dispatch.api("list_alerts")[1]["items"]
    assert item["alert_id"] == ALERT
    assert item["reason"].startswith("A burst is likely: register 412.350 on 2026-11-14 08:00 UTC")
    assert (item["time_limit"], item["nearby_sensors"]) == ("5 minutes", ["WTR-0002"])
    assert "score" not in item
    assert dispatch.api("list_alerts", query={"meter": "WTR-0002"})[0] == 404
    dispatch.api("decline_job", who=NEAR)
    assert dispatch.api("list_alerts")[1] == {"items": []}


def test_operators_see_what_the_model_said(call: Any, meter: Any) -> None:
    meter()
    put_alarm()
    [item] = call("list_alerts", groups="operator")[1]["items"]
    assert (item["model_version"], item["probabilities"]) == ("rate-anomaly-1", {"leak": 1.0, "burst": 1.0})
    assert "over 10 earlier intervals; rose within 7 days" in item["reason"]
    assert (item["escalation_level"], item["contact_list"][0]) == (1, "maintenance-emergency")


def test_the_chart_comes_as_links_once_it_is_drawn(call: Any, meter: Any) -> None:
    meter()
    put_alarm()
    assert "chart" not in call("list_alerts")[1]["items"][0]
    alerts.set_chart(ALERT, f"charts/{ALERT}")
    chart = call("list_alerts")[1]["items"][0]["chart"]
    for ending in ("svg", "png"):
        assert f"charts/{ALERT}.{ending}?" in chart[ending]
        assert "X-Amz-Expires=300" in chart[ending]


def test_who_answered_and_what_they_wrote_is_for_operators_and_themselves(call: Any, meter: Any) -> None:
    meter()
    put_alarm()
    alerts.acknowledge(ALERT, FIXED)
    shown = call("list_alerts")[1]["items"][0]["acknowledgement"]
    assert shown == {"reason": "fixed", "at": "2026-11-21T09:00:00Z", "role": "technician"}
    told = call("list_alerts", groups="operator")[1]["items"][0]["acknowledgement"]
    assert (told["by"], told["comment"]) == ("tech", "Canary valve")


@pytest.mark.parametrize("query", [{"status": "canary"}, {"severity": "canary"}, {"limit": "0"}, {"next": "canary"}])
def test_bad_queries(call: Any, query: dict[str, str]) -> None:
    status, problem = call("list_alerts", query=query, groups="operator")
    assert (status, problem["errors"][0]["field"]) == (400, next(iter(query)))


def test_an_id_that_no_meter_has_is_not_looked_up(call: Any) -> None:
    assert call("list_alerts", query={"meter": "a b/../c"}, groups="operator")[0] == 404
