import pytest

from meterflow.work_order import JobStatus
from tests.unit.dispatch import JOB, NEAR, NEXT, Died, Dispatch, at_work


@pytest.fixture
def dispatch(request: pytest.FixtureRequest) -> Dispatch:
    return at_work(request)


def test_yes(dispatch: Dispatch) -> None:
    dispatch.create()
    dispatch.offer()
    assert dispatch.api("accept_job") == (
        200,
        {"job_id": JOB, "status": "ACCEPTED", "answered_at": "2026-11-21T08:00:00Z"},
    )
    assert (dispatch.job.status, dispatch.loads()[NEAR]) == (JobStatus.ACCEPTED, 1)
    assert dispatch.told == {"token-1": {"answer": "ACCEPTED"}}


def test_twice_is_once(dispatch: Dispatch) -> None:
    dispatch.accepted()
    dispatch.pass_time(hours=2)
    status, body = dispatch.api("accept_job")
    assert (status, body["answered_at"]) == (200, "2026-11-21T08:00:00Z")
    assert dispatch.loads()[NEAR] == 1


@pytest.mark.parametrize("call", [1, 2, 3])
@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_call_the_same_call_again_completes_it(dispatch: Dispatch, call: int, after: bool) -> None:
    dispatch.create()
    dispatch.offer()
    dispatch.die_at(call, after)  # 1 reads the row, 2 writes it, 3 wakes the machine.
    with pytest.raises(Died):
        dispatch.api("accept_job")
    assert dispatch.api("accept_job")[0] == 200
    assert dispatch.told == {"token-1": {"answer": "ACCEPTED"}}
    assert dispatch.loads()[NEAR] == 1


@pytest.mark.parametrize("recorded", [False, True])
def test_late(dispatch: Dispatch, recorded: bool) -> None:
    dispatch.create()
    dispatch.offer()
    dispatch.pass_time(minutes=15)
    if recorded:
        dispatch.step("record_answer", job_id=JOB, technician_id=NEAR, answer="SILENT")
    status, body = dispatch.api("accept_job")
    assert (status, body["detail"]) == (409, "The offer has expired; your answer came too late.")
    assert dispatch.told == {}
    assert dispatch.job.assigned_to is None


def test_after_no(dispatch: Dispatch) -> None:
    dispatch.create()
    dispatch.offer()
    dispatch.api("decline_job")
    status, body = dispatch.api("accept_job")
    assert (status, body["detail"]) == (409, "You have already declined this job.")


def test_when_another_has_it_by_now(dispatch: Dispatch) -> None:
    dispatch.create()
    dispatch.offer(to=NEAR)
    dispatch.step("record_answer", job_id=JOB, technician_id=NEAR, answer="SILENT")
    dispatch.offer(to=NEXT, token="token-2")
    assert dispatch.api("accept_job", who=NEXT)[0] == 200
    assert dispatch.api("accept_job", who=NEAR)[0] == 409
    assert dispatch.job.technician_id == NEXT
    assert dispatch.loads() == {**dict.fromkeys(dispatch.loads(), 0), NEXT: 1}


def test_what_is_not_ones_own_is_not_there(dispatch: Dispatch) -> None:
    dispatch.create()
    dispatch.offer(to=NEAR)
    assert dispatch.api("accept_job", who=NEXT)[0] == 404
    assert dispatch.api("accept_job", job="no-such-job")[0] == 404
    assert dispatch.told == {}


@pytest.mark.parametrize("groups", ["", "operator"])
def test_only_technicians(dispatch: Dispatch, groups: str) -> None:
    dispatch.create()
    dispatch.offer()
    assert dispatch.api("accept_job", groups=groups)[0] == 403
    assert dispatch.job.status is JobStatus.OFFERED
