import pytest

from meterflow.work_order import JobStatus
from tests.unit.dispatch import JOB, NEAR, NEXT, Died, Dispatch, at_work


@pytest.fixture
def dispatch(request: pytest.FixtureRequest) -> Dispatch:
    return at_work(request)


def test_no(dispatch: Dispatch) -> None:
    dispatch.create()
    dispatch.offer()
    status, body = dispatch.api("decline_job")
    assert (status, body["status"]) == (200, "DECLINED")
    assert (dispatch.job.status, dispatch.job.technician_id, dispatch.loads()[NEAR]) == (JobStatus.OPEN, None, 0)
    assert dispatch.told == {"token-1": {"answer": "DECLINED"}}


@pytest.mark.parametrize("call", [1, 2, 3])
@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_call_the_same_call_again_completes_it(dispatch: Dispatch, call: int, after: bool) -> None:
    dispatch.create()
    dispatch.offer()
    dispatch.die_at(call, after)
    with pytest.raises(Died):
        dispatch.api("decline_job")
    assert dispatch.api("decline_job")[0] == 200
    assert dispatch.told == {"token-1": {"answer": "DECLINED"}}


def test_said_again_it_does_not_answer_for_the_next_person(dispatch: Dispatch) -> None:
    dispatch.create()
    dispatch.offer(to=NEAR, token="token-1")
    first = dispatch.api("decline_job")
    dispatch.offer(to=NEXT, token="token-2")
    assert dispatch.api("decline_job") == first
    assert "token-2" not in dispatch.told
    assert (dispatch.job.status, dispatch.job.technician_id) == (JobStatus.OFFERED, NEXT)


def test_after_yes(dispatch: Dispatch) -> None:
    dispatch.accepted()
    status, body = dispatch.api("decline_job")
    assert (status, body["detail"]) == (409, "You have already accepted this job.")
    assert dispatch.job.technician_id == NEAR


def test_strangers_and_customers(dispatch: Dispatch) -> None:
    dispatch.create()
    dispatch.offer()
    assert dispatch.api("decline_job", who=NEXT)[0] == 404
    assert dispatch.api("decline_job", groups="")[0] == 403
    assert dispatch.job.status is JobStatus.OFFERED
    assert dispatch.job.job_id == JOB
