import pytest

from meterflow.work_order import JobStatus
from tests.unit.dispatch import JOB, NEAR, Died, Dispatch


def escalate(dispatch: Dispatch, reason: str) -> dict[str, object]:
    return dispatch.step("escalate_job", job_id=JOB, escalation=reason)


def test_nobody_takes_it(dispatch: Dispatch) -> None:
    dispatch.create()
    assert escalate(dispatch, "NOBODY") == {
        "outcome": "ESCALATED",
        "job_id": JOB,
        "status": "ESCALATED",
        "escalation": "NOBODY",
    }
    (event,) = dispatch.events("JobEscalated")
    assert (event["job_id"], event["meter_id"], event["reason"]) == (JOB, "WTR-0001", "NOBODY")
    assert dispatch.open_job() == JOB


def test_late_keeps_its_technician(dispatch: Dispatch) -> None:
    dispatch.accepted()
    assert escalate(dispatch, "LATE")["status"] == "ESCALATED"
    assert (dispatch.job.technician_id, dispatch.loads()[NEAR]) == (NEAR, 1)


@pytest.mark.parametrize("call", [1, 2, 3])
@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_call_operators_are_told_once(dispatch: Dispatch, call: int, after: bool) -> None:
    dispatch.create()
    dispatch.die_at(call, after)
    with pytest.raises(Died):
        escalate(dispatch, "NOBODY")
    assert escalate(dispatch, "NOBODY")["outcome"] == "ESCALATED"
    assert len(dispatch.events("JobEscalated")) == 1
    assert len(dispatch.job.escalations) == 1


def test_each_reason_is_its_own_news(dispatch: Dispatch) -> None:
    dispatch.accepted()
    for reason in ("LATE", "ABANDONED", "FAULT"):
        escalate(dispatch, reason)
    assert [event["reason"] for event in dispatch.events("JobEscalated")] == ["LATE", "ABANDONED", "FAULT"]


def test_the_report_came_in_the_same_moment(dispatch: Dispatch) -> None:
    dispatch.accepted()
    dispatch.api("complete_job", body={})
    assert escalate(dispatch, "LATE")["outcome"] == "COMPLETED"
    assert dispatch.events("JobEscalated") == []
    assert dispatch.job.status is JobStatus.ACCEPTED
