import pytest

from meterflow.errors import BrokenInvariant
from meterflow.work_order import JobStatus
from tests.unit.dispatch import JOB, NEAR, Died, Dispatch


def close(dispatch: Dispatch) -> dict[str, object]:
    return dispatch.step("close_job", job_id=JOB)


def test_job_load_and_meter_end_together(dispatch: Dispatch) -> None:
    dispatch.accepted()
    dispatch.api("complete_job", body={})
    assert close(dispatch) == {"outcome": "DONE", "job_id": JOB, "status": "DONE"}
    assert (dispatch.job.status, dispatch.loads()[NEAR], dispatch.open_job()) == (JobStatus.DONE, 0, None)
    assert dispatch.job.technician_id == NEAR


@pytest.mark.parametrize("call", [1, 2])
@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_call_it_is_counted_once(dispatch: Dispatch, call: int, after: bool) -> None:
    dispatch.accepted()
    dispatch.create(key="need-2")
    dispatch.api("complete_job", body={})
    dispatch.die_at(call, after)
    with pytest.raises(Died):
        close(dispatch)
    assert close(dispatch)["outcome"] == "DONE"
    assert dispatch.loads()[NEAR] == 0


def test_without_a_report_it_is_a_bug(dispatch: Dispatch) -> None:
    dispatch.accepted()
    with pytest.raises(BrokenInvariant):
        close(dispatch)
    assert dispatch.job.status is JobStatus.ACCEPTED
