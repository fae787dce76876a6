from collections.abc import Callable

import pytest

from meterflow.errors import BrokenInvariant
from tests.unit.dispatch import JOB, START, Dispatch


def test_a_request_becomes_a_job(dispatch: Dispatch) -> None:
    result = dispatch.create()
    assert result == {"outcome": "CREATED", "job_id": JOB, "status": "OPEN"}
    job = dispatch.job
    assert (job.meter_id, job.skill, job.zone, job.risk_level) == ("WTR-0001", "water", "STANDARD", "HIGH")
    assert (job.created_at, job.holder) == (START, "run-1")
    assert dispatch.open_job() == JOB


def test_the_same_execution_goes_on_and_another_stops(dispatch: Dispatch) -> None:
    dispatch.create()
    assert dispatch.create()["outcome"] == "CREATED"
    assert dispatch.create(holder="run-2")["outcome"] == "ALREADY"
    assert dispatch.job.holder == "run-1"


def test_a_closed_job_is_not_made_again(dispatch: Dispatch) -> None:
    dispatch.accepted()
    dispatch.api("complete_job", body={})
    dispatch.step("close_job", job_id=JOB)
    assert dispatch.create()["status"] == "DONE"
    assert dispatch.open_job() is None


def test_an_unknown_meter_is_a_bug(dispatch: Dispatch) -> None:
    with pytest.raises(BrokenInvariant):
        dispatch.create(meter_id="WTR-9999")


def test_a_long_reason_is_cut_and_costs_no_job(dispatch: Dispatch) -> None:
    dispatch.step(
        "create_job",
        job_key="need-1",
        cause="manual",
        meter_id="WTR-0001",
        risk_level="LOW",
        reason="x" * 9000,
        holder="r",
    )
    assert len(dispatch.job.reason) == 500


def test_the_sample_event(dispatch: Dispatch, event: Callable[[str], dict[str, str]]) -> None:
    result = dispatch.step("create_job", **event("technician_dispatch/create_job"))
    assert result["job_id"] == event("technician_dispatch/choose_technician")["job_id"]
