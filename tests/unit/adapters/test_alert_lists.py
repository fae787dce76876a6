"""Pages of alarms, list after list, newest first."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from meterflow.adapters import alert_lists, alerts
from meterflow.alert import STATUSES, Acknowledgement, Predictions, new_alert

NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)


def put(number: int, meter_id: str = "WTR-0001", severity: Any = "HIGH", answered: bool = False) -> None:
    alerts.claim(
        new_alert(
            alert_id=f"a-{number}", submission_id=f"s-{number}", meter_id=meter_id, alert_type="LEAK_DETECTED",
            zone="STANDARD", location="1,2", risk_level=severity,
            predictions=Predictions(leak_probability=0.7, burst_probability=0.0), trend="Why.",
            now=NOW + timedelta(minutes=number),
        )
    )  # fmt: skip
    if answered:
        alerts.acknowledge(
            f"a-{number}", Acknowledgement(reason="fixed", by="u", role="operator", at="2026-11-21T09:00:00Z")
        )


def all_pages(ask: Any, limit: int) -> list[str]:
    found: list[str] = []
    after = None
    for _ in range(50):
        page, after = ask(limit, after)
        assert len(page) <= limit
        found += [one.alert_id for one in page]
        if after is None:
            return found
    raise AssertionError("the list never ends")


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_what_nobody_answered_comes_first_and_newest_first_in_each(limit: int) -> None:
    for number in range(6):
        put(number, answered=number in (1, 4))
    found = all_pages(lambda most, after: alert_lists.by_status(STATUSES, None, most, after), limit)
    assert found == ["a-5", "a-3", "a-2", "a-0", "a-4", "a-1"]
    only = all_pages(lambda most, after: alert_lists.by_status(("ACKNOWLEDGED",), None, most, after), limit)
    assert only == ["a-4", "a-1"]


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("limit", [1, 2, 50])
def test_place_after_place_with_filters(limit: int) -> None:
    for number in range(6):
        meter_id = "B" if number % 2 else "A"
        put(number, meter_id, "CRITICAL" if number < 3 else "HIGH", answered=number == 0)
    put(9, "C")

    def pages(status: Any, severity: Any) -> list[str]:
        return all_pages(lambda most, after: alert_lists.by_meter(["A", "B"], status, severity, most, after), limit)

    assert pages(None, None) == ["a-4", "a-2", "a-0", "a-5", "a-3", "a-1"]
    assert pages("ACTIVE", "CRITICAL") == ["a-2", "a-1"]
    assert pages("ACKNOWLEDGED", None) == ["a-0"]
    assert pages("ACKNOWLEDGED", "HIGH") == []


@pytest.mark.usefixtures("aws")
def test_a_place_that_is_no_longer_mine_ends_the_list() -> None:
    put(1, "B")
    after = {"list": "A", "raised_at": "2026-11-21T08:00:00Z", "alert_id": "a-0"}
    assert alert_lists.by_meter(["B"], None, None, 10, after) == ([], None)


@pytest.mark.usefixtures("aws")
def test_a_page_costs_a_bounded_number_of_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    put(1, "M-30")
    made = []
    real = alert_lists._query
    monkeypatch.setattr(alert_lists, "_query", lambda *arguments: made.append(1) or real(*arguments))
    page, after = alert_lists.by_meter([f"M-{number:02d}" for number in range(40)], None, None, 10, None)
    assert (page, len(made)) == ([], alert_lists.QUERIES)
    assert after is not None
    names = [f"M-{number:02d}" for number in range(40)]
    assert all_pages(lambda most, start: alert_lists.by_meter(names, None, None, most, start), 10) == ["a-1"]
