import pytest

from tests.unit.dispatch import JOB, Died, Dispatch


def wait(dispatch: Dispatch, token: str = "token-2") -> dict[str, object]:
    return dispatch.step("await_completion", job_id=JOB, task_token=token)


def test_the_report_wakes_the_machine(dispatch: Dispatch) -> None:
    dispatch.accepted()
    assert wait(dispatch) == {"outcome": "WAITING"}
    dispatch.api("complete_job", body={})
    assert dispatch.told["token-2"] == {"outcome": "COMPLETED"}


def test_the_report_came_first(dispatch: Dispatch) -> None:
    dispatch.accepted()
    dispatch.api("complete_job", body={})
    assert wait(dispatch) == {"outcome": "COMPLETED"}
    assert dispatch.told["token-2"] == {"outcome": "COMPLETED"}


def test_a_yes_said_again_does_not_answer_this_wait(dispatch: Dispatch) -> None:
    dispatch.accepted()
    wait(dispatch)
    assert dispatch.api("accept_job")[0] == 200
    assert "token-2" not in dispatch.told


@pytest.mark.parametrize("call", [1, 2])
@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_call_the_newest_token_counts(dispatch: Dispatch, call: int, after: bool) -> None:
    dispatch.accepted()
    dispatch.die_at(call, after)
    with pytest.raises(Died):
        wait(dispatch, "dead")
    wait(dispatch, "alive")
    dispatch.api("complete_job", body={})
    assert dispatch.told["alive"] == {"outcome": "COMPLETED"}
    assert "dead" not in dispatch.told


def test_a_second_wait_takes_over_when_the_job_is_late(dispatch: Dispatch) -> None:
    dispatch.accepted()
    wait(dispatch, "first")
    dispatch.over.add("first")
    dispatch.step("escalate_job", job_id=JOB, escalation="LATE")
    wait(dispatch, "second")
    assert dispatch.api("complete_job", body={})[0] == 200
    assert dispatch.told["second"] == {"outcome": "COMPLETED"}


def test_nothing_to_wait_for(dispatch: Dispatch) -> None:
    dispatch.create()
    assert wait(dispatch) == {"outcome": "CLOSED"}
    assert dispatch.told == {"token-2": {"outcome": "COMPLETED"}}
