"""SubmitEstimates: one estimate for a meter, its last reading and a month, however often it runs and dies."""

from collections.abc import Callable
from typing import Any

import pytest

from meterflow.adapters import estimates, executions, meters
from meterflow.clock import to_text
from meterflow.errors import TransientError
from meterflow.meter import Meter
from tests.unit.functions.estimation.conftest import NOW

MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:meter-submission"
Started = dict[str, dict[str, Any]]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """What was started, by business key, as Step Functions keeps names."""
    kept: Started = {}
    monkeypatch.setenv("METER_SUBMISSION_STATE_MACHINE_ARN", MACHINE)
    monkeypatch.setattr(executions, "start", lambda _machine, key, payload: kept.setdefault(key, payload) and key)
    return kept


@pytest.fixture
def submit(load_handler: Any, lambda_context: Any) -> Callable[..., dict[str, Any]]:
    handler = load_handler("estimation", "submit_estimates").handler

    def run(**event: Any) -> dict[str, Any]:
        result: dict[str, Any] = handler({"time": to_text(NOW)} | event, lambda_context)
        return result

    return run


def test_a_meter_without_a_reading_for_too_long_gets_an_estimate(
    submit: Any, started: Started, add: Callable[..., Meter]
) -> None:
    add("WTR-0001", since=40)
    add("WTR-0002", since=20)
    add("WTR-0003", since=40, active=False)
    add("WTR-0004", weeks=2, since=40)
    result = submit()
    assert (result["due"], result["submitted"], result["without_estimate"]) == (2, 1, 1)
    [(key, sent)] = started.items()
    assert sent["submission_id"] == key
    assert (sent["meter_id"], sent["source"], sent["submitted_by"]) == ("WTR-0001", "estimate", "meterflow")
    # 139.9 forty days ago, 0.3 a day; midnight is four and a half hours before the readings' time of the day.
    assert (sent["taken_at"], sent["value"]) == ("2026-11-21T00:00:00Z", "00151.843")
    assert sent["estimate"]["rule"] == "own_profile"
    assert sent["estimate"]["low"] <= sent["value"] <= sent["estimate"]["high"]


def test_running_again_finds_the_first(submit: Any, started: Started, add: Callable[..., Meter]) -> None:
    add()
    submit()
    first = dict(started)
    submit(time="2026-11-22T04:30:00Z")
    assert started == first, "one a meter, last reading and month"
    submit(time="2026-12-01T04:30:00Z")
    assert len(started) == 2


def test_a_run_that_is_out_of_time_leaves_the_rest_to_the_next(
    load_handler: Any, lambda_context: Any, started: Started, add: Callable[..., Meter]
) -> None:
    for name in ("WTR-0001", "WTR-0002"):
        add(name)
    left = iter([15_000, 5_000])

    class Hurried:
        function_name = lambda_context.function_name

        def get_remaining_time_in_millis(self) -> int:
            return next(left)

    handler = load_handler("estimation", "submit_estimates").handler
    assert handler({"time": to_text(NOW)}, Hurried())["outcome"] == "MORE"
    assert len(started) == 1
    assert handler({"time": to_text(NOW)}, lambda_context)["outcome"] == "SUBMITTED"
    assert len(started) == 2


def test_killed_between_two_meters_then_run_again(
    submit: Any, started: Started, add: Callable[..., Meter], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WTR-0001", "WTR-0002"):
        add(name)
    start = executions.start

    def dies_at_the_second(machine: str, key: str, payload: dict[str, Any]) -> str:
        if started:
            raise TransientError("killed")
        return start(machine, key, payload)

    with monkeypatch.context() as patch:
        patch.setattr(executions, "start", dies_at_the_second)
        with pytest.raises(TransientError):
            submit()
    assert len(started) == 1
    submit()
    assert sorted(one["meter_id"] for one in started.values()) == ["WTR-0001", "WTR-0002"]


@pytest.mark.usefixtures("started")
def test_the_scan_goes_through_every_page(add: Callable[..., Meter], monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"WTR-{number:04d}" for number in range(5)]
    for name in names:
        add(name, weeks=1)
    table = estimates.table

    class Paged:
        def __init__(self, name: str) -> None:
            self.real = table(name)

        def scan(self, **request: Any) -> Any:
            return self.real.scan(**request, Limit=2)

    with monkeypatch.context() as patch:
        patch.setattr(estimates, "table", Paged)
        assert sorted(one.meter_id for one in estimates.unread_meters(to_text(NOW))) == names


def test_the_sample_event(submit: Any, started: Started, add: Callable[..., Meter], event: Any) -> None:
    sample = event("estimation/submit_estimates")
    [meter_id] = sample["meter_ids"]
    add(meter_id)
    assert meters.get(meter_id)
    assert submit(**sample)["submitted"] == 1
    assert len(started) == 1
