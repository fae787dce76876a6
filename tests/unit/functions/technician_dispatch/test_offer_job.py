import pytest

from meterflow.work_order import JobStatus
from tests.unit.dispatch import JOB, NEAR, NEXT, Died, Dispatch


def test_the_person_is_told_and_the_machine_waits(dispatch: Dispatch) -> None:
    dispatch.create()
    assert dispatch.offer() == {"outcome": "OFFERED"}
    assert (dispatch.job.status, dispatch.job.technician_id) == (JobStatus.OFFERED, NEAR)
    (event,) = dispatch.events("JobOffered")
    assert event == {
        "event_id": dispatch.job.event_id("offered"),
        "job_id": JOB,
        "meter_id": "WTR-0001",
        "technician_id": NEAR,
        "risk_level": "HIGH",
        "reason": "Leak",
        "expires_at": "2026-11-21T08:15:00Z",
    }
    assert dispatch.told == {}


@pytest.mark.parametrize("call", [1, 2, 3])
@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_call_and_retried_with_a_new_token(dispatch: Dispatch, call: int, after: bool) -> None:
    dispatch.create()
    dispatch.die_at(call, after)  # 1 reads the row, 2 writes it, 3 publishes.
    with pytest.raises(Died):
        dispatch.offer(token="dead")
    assert dispatch.offer(token="alive") == {"outcome": "OFFERED"}
    assert len(dispatch.job.offers) == 1
    assert len(dispatch.events("JobOffered")) == 1
    dispatch.api("accept_job")
    assert dispatch.told == {"alive": {"answer": "ACCEPTED"}}


def test_the_answer_came_before_the_retry(dispatch: Dispatch) -> None:
    dispatch.create()
    dispatch.offer(token="dead")
    dispatch.over.add("dead")
    assert dispatch.api("accept_job")[0] == 200
    assert dispatch.offer(token="alive") == {"outcome": "ANSWERED"}
    assert dispatch.told == {"alive": {"answer": "ACCEPTED"}}


def test_two_dispatchers_cannot_both_offer(dispatch: Dispatch) -> None:
    dispatch.create()
    assert dispatch.offer(to=NEAR, token="first") == {"outcome": "OFFERED"}
    assert dispatch.offer(to=NEXT, token="second") == {"outcome": "CLOSED"}
    assert dispatch.offer(to=NEAR, token="third", holder="run-2") == {"outcome": "CLOSED"}
    assert dispatch.told == {"second": {"answer": "CLOSED"}, "third": {"answer": "CLOSED"}}
    assert [event["technician_id"] for event in dispatch.events("JobOffered")] == [NEAR]
    dispatch.api("accept_job")
    assert dispatch.told["first"] == {"answer": "ACCEPTED"}


def test_the_token_is_not_in_what_the_step_returns_or_publishes(dispatch: Dispatch) -> None:
    dispatch.create()
    result = dispatch.offer(token="secret-token")
    assert "secret-token" not in str(result) + str(dispatch.published)
