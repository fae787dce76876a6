"""RequestDispatch: one job however often it is asked for."""

from typing import Any

import pytest

from meterflow import work_order


@pytest.fixture
def request_dispatch(load_handler: Any, event: Any, lambda_context: Any, ears: Any) -> Any:  # noqa: ARG001
    handler = load_handler("anomaly_scoring", "request_dispatch").handler
    return lambda **changes: handler(event("anomaly_scoring/request_dispatch") | changes, lambda_context)


def test_the_event_is_the_input_of_technician_dispatch(request_dispatch: Any, ears: Any, event: Any) -> None:
    answer = request_dispatch()
    (told,) = ears.take("bus")
    assert (told["source"], told["detail-type"]) == ("meterflow", "DispatchRequested")
    sample = event("anomaly_scoring/request_dispatch")
    assert told["detail"] == {
        "job_key": answer["job_key"],
        "cause": "anomaly",
        "meter_id": "WTR-0001",
        "risk_level": "CRITICAL",
        "reason": sample["reason"],
        "submission_id": sample["submission_id"],
    }


def test_a_retry_asks_for_the_same_job_and_another_alarm_for_another(request_dispatch: Any) -> None:
    first = request_dispatch()["job_key"]
    assert request_dispatch()["job_key"] == first
    assert request_dispatch(alert_id="ALERT-2026-11-22-000000000000")["job_key"] != first
    assert request_dispatch(meter_id="WTR-0002")["job_key"] != first


def test_the_job_is_named_before_it_exists(request_dispatch: Any, ears: Any) -> None:
    answer = request_dispatch()
    (told,) = ears.take("bus")
    assert answer["job_id"] == work_order.job_id(told["detail"]["job_key"])
    assert request_dispatch()["job_id"] == answer["job_id"]


def test_death_after_the_event_asks_again_for_the_same_job(request_dispatch: Any, ears: Any, dies: Any) -> None:
    dies("events", "put_events", after=True)
    with pytest.raises(KeyboardInterrupt):
        request_dispatch()
    request_dispatch()
    keys = {told["detail"]["job_key"] for told in ears.take("bus")}
    assert len(keys) == 1
