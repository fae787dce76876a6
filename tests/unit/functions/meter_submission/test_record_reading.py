"""RecordReading records once, whoever wrote the row first and however often it runs."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from meterflow.adapters import claims, readings
from meterflow.clock import now
from meterflow.contracts.meter_submission import Submission
from meterflow.errors import TransientError
from meterflow.meter import Meter


@pytest.fixture
def record(load_handler: Any, lambda_context: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    handler = load_handler("meter_submission", "record_reading").handler
    return lambda payload: handler(payload, lambda_context)


def test_a_bare_start_writes_the_row(record: Any, register: Callable[..., Meter], submission: Any) -> None:
    register()
    assert record(submission) == {"outcome": "RECORDED", "holder": "s-1"}
    row = readings.get("s-1")
    assert row
    assert (row.status, row.value, row.taken_at) == ("PROCESSING", "00110.000", "2026-11-20T08:00:00Z")


def test_the_row_that_the_api_wrote_stays(record: Any, register: Callable[..., Meter], submission: Any) -> None:
    register()
    first = Submission.model_validate(submission).as_reading(now())
    readings.put_new_submission(first)
    assert record(submission)["outcome"] == "RECORDED"
    assert readings.get("s-1") == first


def test_another_submission_of_the_same_moment_is_a_duplicate(
    record: Any, register: Callable[..., Meter], submission: Any
) -> None:
    register()
    record(submission)
    assert record(submission | {"submission_id": "s-2"}) == {"outcome": "DUPLICATE", "holder": "s-1"}
    assert record(submission)["outcome"] == "RECORDED"


def test_twenty_at_once_are_one_reading(register: Callable[..., Meter], submission: dict[str, Any]) -> None:
    register()
    rows = [
        Submission.model_validate(submission | {"submission_id": f"s-{number}"}).as_reading(now())
        for number in range(20)
    ]
    with ThreadPoolExecutor(20) as pool:
        holders = list(pool.map(lambda row: readings.record(row, now()), rows))
    assert len(set(holders)) == 1


def test_killed_between_row_and_claim_then_run_again(
    record: Any, register: Callable[..., Meter], submission: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    register()
    real = claims.take

    def killed_before(*_: Any, **__: Any) -> str:
        raise TransientError("killed before the claim")

    def killed_after(*given: Any, **more: Any) -> str:
        real(*given, **more)
        raise TransientError("killed after the claim")

    for fault in (killed_before, killed_after):
        monkeypatch.setattr(claims, "take", fault)
        with pytest.raises(TransientError):
            record(submission)
    monkeypatch.setattr(claims, "take", real)
    assert record(submission)["outcome"] == "RECORDED"
    assert record(submission | {"submission_id": "s-2"})["outcome"] == "DUPLICATE"


def test_the_sample_event(record: Any, register: Callable[..., Meter], event: Any) -> None:
    register()
    payload = event("meter_submission/record_reading")
    assert record(payload) == {"outcome": "RECORDED", "holder": payload["submission_id"]}
