import pytest

from meterflow import settings
from meterflow.adapters.aws import table
from tests.unit.dispatch import CUSTOMER, JOB, NEAR, Died, Dispatch


def announce(dispatch: Dispatch, status: str = "ACCEPTED") -> dict[str, object]:
    return dispatch.step("announce_job", job_id=JOB, status=status)


def test_the_customer_can_be_told(dispatch: Dispatch) -> None:
    dispatch.accepted()
    assert announce(dispatch) == {"outcome": "TOLD", "job_id": JOB, "status": "ACCEPTED"}
    (event,) = dispatch.events("JobChanged")
    assert event == {
        "event_id": dispatch.job.event_id("ACCEPTED"),
        "job_id": JOB,
        "meter_id": "WTR-0001",
        "customer_id": CUSTOMER,
        "status": "ACCEPTED",
        "technician_id": NEAR,
    }


@pytest.mark.parametrize("call", [1, 2])
@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_call_it_is_one_event(dispatch: Dispatch, call: int, after: bool) -> None:
    dispatch.accepted()
    dispatch.die_at(call, after)
    with pytest.raises(Died):
        announce(dispatch)
    announce(dispatch)
    assert len(dispatch.events("JobChanged")) == 1


def test_run_again_when_the_job_is_further_on_it_is_the_same_event(dispatch: Dispatch) -> None:
    dispatch.accepted()
    announce(dispatch)
    dispatch.api("complete_job", body={})
    dispatch.step("close_job", job_id=JOB)
    announce(dispatch)
    announce(dispatch, "DONE")
    assert [event["status"] for event in dispatch.events("JobChanged")] == ["ACCEPTED", "DONE"]


def test_a_meter_without_an_owner(dispatch: Dispatch) -> None:
    dispatch.accepted()
    table(settings.setting("JOBS_TABLE")).update_item(Key={"job_id": JOB}, UpdateExpression="REMOVE customer_id")
    assert announce(dispatch)["outcome"] == "NO_CUSTOMER"
    assert dispatch.published == [one for one in dispatch.published if one[0] == "JobOffered"]
